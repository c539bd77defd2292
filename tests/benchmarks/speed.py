"""Measure training speed on HalfCheetah beside stable-baselines3's PPO and imitation.

    python tests/benchmarks/speed.py [--steps N] [--repeats R] [--folder .benchmarks]

The systems train in turn, one process at a time with one thread each, and in every repeat anew, so
that whatever else the machine does falls on all of them; the ratio to stable-baselines3 is taken
within a repeat. Of each: the environment steps it took (not those it was asked for), the seconds of
training alone, and the true return afterwards, the mean of 20 episodes with deterministic actions.
Collecting, asking, fitting rewards and writing checkpoints are in the time; imports, making
environments and evaluating are not. Control costs nothing in any of them, and all but
"sb3-small-batches" have prefrl's default settings of PPO and number of environments.

imitation 1.0.1 needs older packages than prefrl: it gets a virtual environment below the folder,
made once (Python 3.11; its mujoco has no wheels for later ones). It runs HalfCheetah-v4, which has
the observations and the true reward of v5. Ask for at least 320,000 steps: preference learning has
costs that do not grow with the run, and with fewer steps imitation does fewer than 20 iterations.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import tyro
from one_thread import single_threaded
from peer_venv import IMITATION_PINS, install_peer, peer_python
from rich.console import Console
from rich.table import Table

LABELS = 700
PPO_FLAGS = (
    *("--num-envs", "16"),
    *("--n-steps", "256"),
    *("--batch-size", "1024"),
    *("--n-epochs", "10"),
    *("--learning-rate", "1e-3"),
    *("--log-std-init", "-1"),
)
SMALL_BATCH_FLAGS = (
    *("--num-envs", "16"),
    *("--n-steps", "256"),
    *("--batch-size", "256"),
    *("--n-epochs", "10"),
    *("--learning-rate", "3e-4"),
    *("--log-std-init", "0"),
)
PEERS = Path(__file__).resolve().parent / "peers"

Name = Literal["prefrl", "sb3", "sb3-small-batches", "imitation"]
YARDSTICK: Name = "sb3"


@dataclass(frozen=True)
class Options:
    """What to measure, and where to put it."""

    steps: int = 503_808
    """Environment steps to ask each system for. The default is 123 rollouts of 4,096 steps."""
    repeats: int = 3
    """Runs of each system; the seed of each is its number, from 0."""
    folder: Path = Path(".benchmarks")
    """Folder for speed.json, the runs, and imitation's virtual environment."""
    systems: tuple[Name, ...] = ("prefrl", "sb3", "sb3-small-batches", "imitation")
    """Systems to measure, in this order."""


@dataclass(frozen=True)
class System:
    """A program that takes --steps, --seed and --out, and writes result.json."""

    settings: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What one run took and reached."""

    env_steps: int
    seconds: float
    env_steps_per_second: float
    true_return_mean: float

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Read a result.json."""
        result = json.loads(path.read_text())
        steps, rate = result["env_steps"], result["env_steps_per_second"]
        # prefrl's wall_seconds have its set-up in them, its rate has not.
        return cls(steps, steps / rate, rate, result["true_return_mean"])


@dataclass(frozen=True)
class Spread:
    """The middle and the ends of one figure over the repeats."""

    median: float
    min: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 0) -> str:
        """Write the median, and below it the range where there is one."""
        median, low, high = (f"{x:,.{digits}f}" for x in (self.median, self.min, self.max))
        return median if low == high else f"{median}\n({low} to {high})"


Runs = Mapping[Name, Sequence[Run]]
Summary = Mapping[Name, Mapping[str, Spread]]


def all_systems(folder: Path) -> dict[Name, System]:
    """Return every system and how to start it."""
    labels = ("--labels", str(LABELS))
    cli = (sys.executable, "-m", "prefrl.agents.cli")
    prefrl = (*cli, "train", "prefrl/HalfCheetah-v0", *labels)
    sb3 = (sys.executable, str(PEERS / "sb3_ppo.py"))
    comparisons = str(PEERS / "imitation_comparisons.py")
    imitation = (str(peer_python(folder / "imitation")), comparisons, *labels, *PPO_FLAGS)
    return {
        "prefrl": System(f"{LABELS} labels, PPO as SB3's", (*prefrl, *PPO_FLAGS)),
        "sb3": System("PPO on the true reward: " + " ".join(PPO_FLAGS), (*sb3, *PPO_FLAGS)),
        "sb3-small-batches": System(
            "PPO on the true reward: " + " ".join(SMALL_BATCH_FLAGS), (*sb3, *SMALL_BATCH_FLAGS)
        ),
        "imitation": System(
            f"{LABELS} comparisons, PPO as SB3's; 20 iterations, 3 members of 2x64, "
            "disagreement, fragments of 30, 30 reward epochs and then 1 an iteration",
            imitation,
        ),
    }


def run(name: Name, system: System, options: Options, seed: int) -> Run:
    """Train one system once.

    Args:
        name: Its name, for the run's folder.
        system: How to start it.
        options: Steps to ask for, and the folder.
        seed: The repeat's number.

    Returns:
        What it wrote into result.json.

    Raises:
        SystemExit: It failed; the message says where its output is.
    """
    out = options.folder / "runs" / f"{name}-{seed}"
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    asked = ("--steps", str(options.steps), "--seed", str(seed), "--out", str(out))
    log = out.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.run(
            [*system.command, *asked],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=single_threaded(),
            cwd=out.parent,  # mujoco leaves its log where it is run
        )
    if process.returncode:
        raise SystemExit(f"{name} failed with status {process.returncode}; see {log}")
    return Run.read(out / "result.json")


def measure(systems: Mapping[Name, System], options: Options) -> Iterator[tuple[Name, Run]]:
    """Yield run after run, all systems in turn before the next repeat."""
    for seed in range(options.repeats):
        for name in options.systems:
            done = run(name, systems[name], options, seed)
            print(f"{name}, seed {seed}: {done.env_steps_per_second:,.0f} steps/s", flush=True)
            yield name, done


def ratios(runs: Sequence[Run], yardstick: Sequence[Run]) -> list[float]:
    """Return the ratios of steps per second, each within one repeat."""
    # After every run but a repeat's last, some systems have one run more than others.
    pairs = zip(runs, yardstick, strict=False)
    return [mine.env_steps_per_second / theirs.env_steps_per_second for mine, theirs in pairs]


def summarise(runs: Runs) -> Summary:
    """Return the spread of every figure, and of the ratio where the yardstick ran too."""
    summary: dict[Name, dict[str, Spread]] = {}
    for name, mine in runs.items():
        rows = [asdict(one) for one in mine]
        summary[name] = {field: Spread.of([row[field] for row in rows]) for field in rows[0]}
        if found := ratios(mine, runs.get(YARDSTICK, ())):
            summary[name]["ratio_to_sb3"] = Spread.of(found)
    return summary


def table(summary: Summary, systems: Mapping[Name, System]) -> Table:
    """Lay the summary out, a row for each system."""
    columns = {
        "env_steps": ("env steps taken", 0),
        "seconds": ("seconds", 1),
        "env_steps_per_second": ("steps/s", 0),
        "ratio_to_sb3": ("ratio to SB3", 2),
        "true_return_mean": ("return", 0),
    }
    laid_out = Table("system", "settings", title="median (min to max)", show_lines=True)
    for heading, _ in columns.values():
        laid_out.add_column(heading, justify="right", no_wrap=True)
    for name, row in summary.items():
        cells = [row[f].text(digits) if f in row else "" for f, (_, digits) in columns.items()]
        laid_out.add_row(name, systems[name].settings, *cells)
    return laid_out


def report(runs: Runs, systems: Mapping[Name, System], options: Options) -> dict[str, object]:
    """Return all that was measured, and on what, for speed.json."""
    packages = ("torch", "stable-baselines3", "gymnasium", "mujoco", "numpy")
    return {
        "steps_asked": options.steps,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version()}
        | {package: metadata.version(package) for package in packages},
        "imitation_pins": IMITATION_PINS,
        "settings": {name: systems[name].settings for name in runs},
        "summary": {
            name: {field: asdict(spread) for field, spread in row.items()}
            for name, row in summarise(runs).items()
        },
        "runs": {name: [asdict(one) for one in mine] for name, mine in runs.items()},
    }


def main(options: Options) -> None:
    """Measure, write speed.json after every run, and print the table."""
    folder = options.folder.resolve()
    options = Options(options.steps, options.repeats, folder, options.systems)
    folder.mkdir(parents=True, exist_ok=True)
    if "imitation" in options.systems:
        install_peer(folder / "imitation", IMITATION_PINS)
    systems = all_systems(folder)
    runs: dict[Name, list[Run]] = {}
    for name, done in measure(systems, options):
        runs.setdefault(name, []).append(done)
        text = json.dumps(report(runs, systems, options), indent=2)
        (folder / "speed.json").write_text(text + "\n")
    Console(width=max(120, Console().width)).print(table(summarise(runs), systems))


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
