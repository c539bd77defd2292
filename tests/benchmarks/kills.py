"""Kill a run at random moments and compare it with one that was never killed.

    python tests/benchmarks/kills.py --kills 10
    python tests/benchmarks/kills.py --env prefrl/Sentiment-v0 --steps 130000 \\
        --words="--rounds 40 --initial-share 0.1 --lora-rank 4"

Prints the moments, and whether results, metrics and labels are equal; ends with status 1 if not.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from prefrl.store import LabelStore

SHARES = 0.03, 0.17
"""How long the run is left alone before each kill, least and most, as shares of a whole run.

Ten of these add up to a whole run, and each start takes time, so that ten kills fit into one run.
"""

TIMES = {"wall_seconds", "env_steps_per_second", "tokens_per_second", "seconds"}


@dataclass(frozen=True)
class Options:
    """What to kill, and how often."""

    env: str = "prefrl/HalfCheetah-v0"
    """The environment's id."""
    steps: int = 500_000
    """Environment steps of the run; with few, it ends before it was killed so often."""
    labels: int = 200
    """Label budget of the run."""
    words: str = ""
    """Further words of `prefrl train`."""
    kills: int = 10
    """How often the run is killed."""
    seed: int = 0
    """Determines the moments."""
    folder: Path = Path(".benchmarks/kills")
    """Where the runs are kept; what is there is removed first."""


def main() -> None:
    """Make both runs and compare them."""
    options = tyro.cli(Options)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    began = time.monotonic()
    start(options, "train", "whole").wait()
    seconds = time.monotonic() - began
    print(f"never killed: {seconds:.0f} s")
    kill_and_resume(options, seconds)
    equal = {
        name: read(options.folder / "whole") == read(options.folder / "killed")
        for name, read in (("result", result), ("metrics", metrics), ("labels", labels))
    }
    print(f"equal: {equal}; labels: {len(labels(options.folder / 'killed'))}")
    sys.exit(not all(equal.values()))


def kill_and_resume(options: Options, seconds: float) -> None:
    """Start the run, and kill it again and again; then let it end."""
    moments = random.Random(options.seed)
    process = start(options, "train", "killed")
    for number in range(options.kills):
        moment = moments.uniform(*SHARES) * seconds
        try:
            process.wait(moment)
            print("the run ended before it was killed")
            return
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        stored = len(labels(options.folder / "killed"))
        print(f"kill {number + 1} after {moment:.1f} s, {stored} labels in the store", flush=True)
        process = start(options, "resume", "killed")
    process.wait()


def start(options: Options, command: str, name: str) -> "subprocess.Popen[bytes]":
    """Start a run, or go on with it."""
    arguments = [command, name]
    folder = options.folder / name
    if command == "train" or not (folder / "config.json").exists():
        arguments = ["train", options.env, "--steps", str(options.steps), "--out", name]
        arguments += ["--labels", str(options.labels), *options.words.split()]
    with (options.folder / f"{name}.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "prefrl.agents.cli", *arguments],
            cwd=options.folder,
            stdout=log,
            stderr=log,
        )


def result(folder: Path) -> dict[str, Any]:
    """Return a run's result without its times."""
    return without_times(json.loads((folder / "result.json").read_text()))


def metrics(folder: Path) -> list[dict[str, Any]]:
    """Return a run's metrics without their times."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [without_times(json.loads(line)) for line in lines]


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    """Return what must be equal in two runs of one seed."""
    return {name: value for name, value in row.items() if name not in TIMES}


def labels(folder: Path) -> list[tuple[Any, ...]]:
    """Return every question of a run with its segments and verdict."""
    path = folder / "labels.sqlite"
    if not path.exists():
        return []
    comparisons = LabelStore(path).comparisons()
    return [
        (c.query.key.round, c.query.key.index, c.verdict, *(s.id for s in c.query.segments))
        for c in comparisons
    ]


if __name__ == "__main__":
    main()
