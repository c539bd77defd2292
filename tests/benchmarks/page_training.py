"""Train beside a labeller who answers through the page, and beside the oracle for comparison.

    python tests/benchmarks/page_training.py --seeds 3

The labeller is a program that gives the oracle's verdicts by the page's own requests, four a
second, while the run trains; it loads every clip that it judges. Prints returns, steps/s without
the time that training waited for labels, and their ratio to the same run with the oracle, in turns.
"""

import json
import shutil
import statistics
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from one_thread import single_threaded
from page_client import OracleLabeller, stored_verdicts
from page_runs import free_port


@dataclass(frozen=True)
class Options:
    """What to train."""

    env: str = "prefrl/HalfCheetah-v0"
    """The environment's id."""
    steps: int = 500_000
    """Environment steps of a run."""
    labels: int = 200
    """Label budget of a run."""
    seeds: int = 3
    """Runs of each kind."""
    first_seed: int = 0
    """The first run's seed."""
    per_second: float = 4.0
    """Verdicts a second."""
    folder: Path = Path(".benchmarks/page_training")
    """Where the runs are kept; what is there is removed first."""


def main() -> None:
    """Train both kinds for each seed, in turns, and compare them."""
    options = tyro.cli(Options)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    ratios = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        kinds = (alone, beside) if seed % 2 else (beside, alone)
        results = {kind.__name__: kind(options, seed) for kind in kinds}
        for name, result in results.items():
            shown = {key: result[key] for key in SHOWN}
            print(json.dumps({"seed": seed, "kind": name, **shown}), flush=True)
        ratios.append(
            results["beside"]["env_steps_per_second"] / results["alone"]["env_steps_per_second"]
        )
        print(f"seed {seed}: steps/s with the page / without: {ratios[-1]:.3f}", flush=True)
    print(f"median ratio: {statistics.median(ratios):.3f}")


SHOWN = (
    *("labels", "true_return_mean", "reward_heldout_accuracy", "wall_seconds"),
    *("waited_seconds", "env_steps_per_second"),
)


def alone(options: Options, seed: int) -> dict[str, Any]:
    """Return the result of a run with the oracle."""
    name = f"oracle-{seed}"
    start(options, name, seed).wait()
    return read_result(options.folder / name)


def beside(options: Options, seed: int) -> dict[str, Any]:
    """Return the result of a run that is labelled through the page."""
    name, port = f"page-{seed}", free_port()
    folder = options.folder / name
    process = start(options, name, seed, "--teacher", "human", "--port", str(port))
    labeller = OracleLabeller(f"http://127.0.0.1:{port}/", folder, options.per_second)
    # The page is there a little after the run has begun, and ends with it.
    thread = threading.Thread(target=labeller.run, kwargs={"again": lambda _: True}, daemon=True)
    thread.start()
    process.wait()
    labeller.stop()
    thread.join()
    assert labeller.confirmed == stored_verdicts(folder, name), "labels were lost"
    return read_result(folder)


def start(options: Options, name: str, seed: int, *more: str) -> "subprocess.Popen[bytes]":
    """Start a run."""
    words = ["train", options.env, "--labels", options.labels, "--steps", options.steps]
    words += ["--seed", seed, "--out", name, *more]
    with (options.folder / f"{name}.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "prefrl.agents.cli", *map(str, words)],
            cwd=options.folder,
            env=single_threaded(),
            stdout=log,
            stderr=log,
        )


def read_result(folder: Path) -> dict[str, Any]:
    """Return a finished run's result."""
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


if __name__ == "__main__":
    main()
