"""Measure whether a run's memory stays flat however long it trains.

    python tests/benchmarks/memory.py [--steps N] [--first N]

Trains on HalfCheetah with few labels, in this process and with one thread, and reads its resident
memory at every tenth of the steps. Ends with status 1 unless the pool of segments was full at the
first mark and the memory at the end is within a tenth of what it was there.
"""

import resource
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.table import Table

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.metrics import Metrics
from prefrl.agents.options import TrainOptions
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.training import Training

PAGE = resource.getpagesize()
MOST_CHANGE = 0.1
FULL = 0.95
"""The share of its bytes from which a pool counts as full; one more segment may not fit."""


@dataclass(frozen=True)
class Options:
    """How long to train."""

    steps: int = 2_000_000
    """Environment steps of the run."""
    first: int = 200_000
    """Steps after which memory is compared with that at the end."""
    labels: int = 100
    """Label budget."""
    folder: Path = Path(".benchmarks/memory")
    """Where the run is kept; what is there is removed first."""


@dataclass(frozen=True)
class Mark:
    """What was in memory at some step, in bytes."""

    steps: int
    resident: int
    pool: int


class Watcher:
    """Progress that reads the memory at every tenth of the steps."""

    def __init__(self, options: Options) -> None:
        """Read nothing yet."""
        tenths = {options.steps * tenth // 10 for tenth in range(1, 11)}
        self._due = sorted({options.first, *tenths})
        self.training: Training | None = None
        self.marks: list[Mark] = []

    def advance(self, steps: int, activity: str) -> None:
        """Ignore what is not the end of a round."""

    def finish_round(self, row: Metrics) -> None:
        """Read the memory where it is due."""
        steps = int(row["steps"] or 0)
        if not self._due or steps < self._due[0]:
            return
        self._due = [due for due in self._due if due > steps]
        assert self.training is not None
        assert self.training.preferences is not None
        self.marks.append(Mark(steps, resident_bytes(), self.training.preferences.pool.nbytes))
        print(f"{steps:,} steps: {self.marks[-1].resident / 2**20:.1f} MiB", flush=True)

    def tell(self, message: str) -> None:
        """Show a sentence."""
        print(message)

    def warn(self, message: str) -> None:
        """Show a warning."""
        print(message)


def resident_bytes() -> int:
    """Return the resident memory of this process, as Linux counts it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def train(options: Options) -> tuple[list[Mark], int]:
    """Train, and return the marks and the pool's most bytes."""
    shutil.rmtree(options.folder, ignore_errors=True)
    told = TrainOptions(
        env="prefrl/HalfCheetah-v0",
        labels=options.labels,
        steps=options.steps,
        out=options.folder,
    )
    settings, folder, _ = told.resolve()
    create_run_folder(folder, settings)
    watcher = Watcher(options)
    watcher.training = Training(settings, folder, watcher)
    watcher.training.run()
    assert watcher.training.preferences is not None
    return watcher.marks, watcher.training.preferences.pool.max_bytes


def main() -> None:
    """Measure, and print the table."""
    options = tyro.cli(Options, description=__doc__)
    torch.set_num_threads(1)
    marks, most = train(options)
    table = Table("steps", "resident, MiB", "pool, MiB", f"pool, share of {most / 2**20:.0f} MiB")
    for mark in marks:
        numbers = (f"{number / 2**20:.1f}" for number in (mark.resident, mark.pool))
        table.add_row(f"{mark.steps:,}", *numbers, f"{mark.pool / most:.2f}")
    Console().print(table)
    first = next(mark for mark in marks if mark.steps >= options.first)
    change = marks[-1].resident / first.resident - 1
    full = first.pool >= FULL * most
    print(f"change since {first.steps:,} steps: {change:+.1%}; the pool was full then: {full}")
    sys.exit(abs(change) > MOST_CHANGE or not full)


if __name__ == "__main__":
    main()
