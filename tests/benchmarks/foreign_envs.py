"""Train in environments of other packages by the command line, on the learned and the true reward.

    python tests/benchmarks/foreign_envs.py [--seed N] [--folder .benchmarks/foreign_envs]

Installs the packages with prefrl in a virtual environment of its own, makes what runs are missing,
so that it can be stopped and started again, and prints the table. Highway and Boxing take long.
"""

import json
import subprocess
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro
from one_thread import single_threaded
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("minigrid==3.2.0", "highway-env==1.12.1", "pandas==3.1.1", "ale-py==0.12.1")

HIGHWAY = "{'simulation_frequency': 5, 'lanes_count': 3, 'vehicles_count': 5, 'duration': 20}"
"""What makes the road cheaper to simulate: its defaults make each step take much longer."""

ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "CartPole-v1": ("--labels", "200"),
    "MountainCarContinuous-v0": ("--labels", "200"),
    "FrozenLake-v1": ("--labels", "200"),
    "minigrid:MiniGrid-Empty-5x5-v0": ("--labels", "200"),
    "highway_env:highway-v0": ("--labels", "100", "--env-kwargs", f"config={HIGHWAY}"),
    "ale_py:ALE/Boxing-v5": ("--labels", "100", "--segment-seconds", "0.75"),
}
"""Ids, and further options. A step of an Atari game lasts twice as long as its frame rate says."""

REWARDS = ("learned", "true")


@dataclass(frozen=True)
class Options:
    """Which runs to make."""

    envs: tuple[str, ...] = tuple(ENVIRONMENTS)
    """Ids of environments."""
    steps: int = 20_000
    """Environment steps of each run."""
    seed: int = 0
    """Of every run."""
    folder: Path = field(default_factory=lambda: Path(".benchmarks/foreign_envs"))
    """Where the virtual environment, the runs and their clips are kept."""


def main(options: Options) -> None:
    """Run what is missing, then print the table."""
    folder = options.folder.resolve()
    install(folder / "venv")
    shown = Table("environment", *REWARDS, "held-out accuracy", "steps/s")
    for env in options.envs:
        learned, true = (run(options, folder, env, reward) for reward in REWARDS)
        accuracy = learned["reward_heldout_accuracy"]
        shown.add_row(
            env,
            *(f"{row['true_return_mean']:.2f}" for row in (learned, true)),
            "none decided" if accuracy is None else f"{accuracy:.2f}",
            f"{learned['env_steps_per_second']:.0f}",
        )
    Console(width=120).print(shown)


def install(folder: Path) -> None:
    """Make the virtual environment unless it is there with these very packages."""
    record, pins = folder / "packages.txt", "\n".join(PACKAGES)
    if record.exists() and record.read_text() == pins:
        return
    venv.create(folder, clear=True, with_pip=True)
    pip = (str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    constraints = ("-c", str(ROOT / "constraints.txt"))
    command = [*pip, "install", "-qq", *constraints, "-e", f"{ROOT}[train,video]", *PACKAGES]
    subprocess.run(command, check=True)
    record.write_text(pins)  # last, so that a broken installation is made again


def run(options: Options, folder: Path, env: str, reward: str) -> dict[str, Any]:
    """Return the result of a run, made, or gone on with, unless it is finished."""
    name = env.rpartition(":")[2].replace("/", "-")
    out = folder / f"{name}-{reward}-{options.seed}"
    command = [str(folder / "venv" / "bin" / "prefrl")]
    if (out / "config.json").exists():
        command += ["resume", str(out)]
    else:
        command += ["train", env, *ENVIRONMENTS[env], "--reward", reward, "--out", str(out)]
        command += ["--steps", str(options.steps), "--seed", str(options.seed)]
    if not (out / "result.json").exists():
        with (folder / f"{out.name}.log").open("a") as log:
            subprocess.run(
                command, check=True, cwd=folder, env=single_threaded(), stdout=log, stderr=log
            )
    result: dict[str, Any] = json.loads((out / "result.json").read_text())
    return result


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
