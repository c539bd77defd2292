"""Measure the time of a reward's fit by the number of comparisons, beside imitation's.

    python tests/benchmarks/fit.py [--counts 100 1000 10000] [--folder .benchmarks]

Both fit three members of two hidden layers of 64 to the same comparisons of 50 steps of a
HalfCheetah's size, with batches of 32 and as many passes; prefrl's time includes encoding the
steps and judging the fit on held-out comparisons. One process at a time, one thread each; times are
of the processor, so that other programs disturb them little.

Ends with status 1 unless, at 1,000 comparisons, prefrl is at least six times as fast as imitation,
and its time grows about linearly from there to the largest count.
"""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tyro
from one_thread import single_threaded
from peer_venv import IMITATION_PINS, install_peer, peer_python
from rich.console import Console
from rich.table import Table

PEERS = Path(__file__).resolve().parent / "peers"

JUDGED_AT = 1000
LEAST_RATIO = 6.0
MOST_GROWTH = 1.1
"""The largest exponent of the time's growth with the comparisons that passes as linear."""


@dataclass(frozen=True)
class Options:
    """What to fit to."""

    counts: tuple[int, ...] = (100, 300, 1000, 3000, 10_000)
    """Numbers of comparisons."""
    epochs: int = 3
    """Passes over the comparisons."""
    repeats: int = 1
    """Fits of each kind; the fastest counts, since others only wait for the machine."""
    folder: Path = Path(".benchmarks")
    """Folder for fit.json and imitation's virtual environment."""


Seconds = Mapping[int, float]


def fit(python: Path, program: str, count: int, options: Options) -> float:
    """Return the seconds of the fastest fit of a program, each in a process of its own."""
    out = options.folder / f"{program}-{count}.json"
    told = ("--comparisons", str(count), "--epochs", str(options.epochs), "--out", str(out))
    seconds = []
    for _ in range(options.repeats):
        command = [str(python), str(PEERS / f"{program}.py"), *told]
        done = subprocess.run(command, env=single_threaded(), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr}")
        seconds.append(float(json.loads(out.read_text())["seconds"]))
        out.unlink()
    return min(seconds)


def growth(seconds: Seconds) -> float:
    """Return the exponent by which time grows from `JUDGED_AT` comparisons to the most."""
    most = max(seconds)
    return math.log(seconds[most] / seconds[JUDGED_AT]) / math.log(most / JUDGED_AT)


def table(mine: Seconds, theirs: Seconds) -> Table:
    """Lay the times out, a row for each number of comparisons."""
    laid_out = Table("comparisons", "prefrl, s", "prefrl, ms each", "imitation, s", "ratio")
    for count, seconds in mine.items():
        each = f"{1000 * seconds / count:.2f}"
        ratio = f"{theirs[count] / seconds:.1f}"
        laid_out.add_row(f"{count:,}", f"{seconds:.2f}", each, f"{theirs[count]:.2f}", ratio)
    return laid_out


def main(options: Options) -> None:
    """Measure, write fit.json and print the table."""
    folder = options.folder.resolve()
    options = Options(options.counts, options.epochs, options.repeats, folder)
    folder.mkdir(parents=True, exist_ok=True)
    install_peer(folder / "imitation", IMITATION_PINS)
    mine: dict[int, float] = {}
    theirs: dict[int, float] = {}
    for count in options.counts:
        mine[count] = fit(Path(sys.executable), "prefrl_fit", count, options)
        theirs[count] = fit(peer_python(folder / "imitation"), "imitation_fit", count, options)
        print(f"{count:,} comparisons: {mine[count]:.2f} s, {theirs[count]:.2f} s", flush=True)
    (folder / "fit.json").write_text(json.dumps({"prefrl": mine, "imitation": theirs}) + "\n")
    Console().print(table(mine, theirs))
    if JUDGED_AT not in mine:
        return
    ratio = theirs[JUDGED_AT] / mine[JUDGED_AT]
    exponent = growth(mine) if max(mine) > JUDGED_AT else 1.0
    print(f"at {JUDGED_AT:,}: {ratio:.1f} times as fast; time grows by the power {exponent:.2f}")
    sys.exit(ratio < LEAST_RATIO or exponent > MOST_GROWTH)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
