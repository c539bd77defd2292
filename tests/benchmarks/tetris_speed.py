"""Measure Tetris placements per second, features of all candidates included, beside two packages.

    python tests/benchmarks/tetris_speed.py [--seconds 5] [--repeats 3]

Systems run in turn, one process and one thread each, with random legal placements on 10×20 boards;
choosing them is not in the time, resets are. Seconds are of processor time, so that whatever else
the machine does counts less. tetris-gymnasium and rl-tetris have single boards
only, so they have one row each. "played by BCTS" is prefrl again on the boards of long games;
"without numba" is prefrl as it is where numba is not installed.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from tetris_peers import PEERS, peer_python

from prefrl.envs.tetris import compiled
from prefrl.envs.tetris.controllers import BCTS
from prefrl.envs.tetris.vector_env import TetrisVectorEnv

BOARDS = (1, 64, 1024)
PACKAGES = ("tetris-gymnasium", "rl-tetris")


@dataclass(frozen=True)
class Options:
    """What to measure."""

    seconds: float = 5.0
    """Time spent in each system and repeat."""
    repeats: int = 3
    """Repeats, of which the median is reported."""
    folder: Path = Path(".benchmarks")
    """Folder for the peers' virtual environments and tetris_speed.json."""
    boards: int = 0
    """Print prefrl's rate on so many boards and stop; used by the benchmark itself."""
    bcts: bool = False
    """With `boards`: let BCTS play instead of chance."""
    numba: bool = True
    """With `boards`: use it."""


def measure(boards: int, seconds: float, bcts: bool) -> float:
    """Return placements per second; a step in which a board starts anew places nothing on it."""
    env, generator = TetrisVectorEnv(boards), np.random.default_rng(0)
    observations, _ = env.reset(seed=0)
    placements, spent, ended = 0, 0.0, np.zeros(boards, np.bool_)
    while spent < seconds:
        mask, candidates = observations["action_mask"], observations["candidates"]
        if bcts:
            actions = BCTS.act(candidates, mask)
        else:
            actions = np.where(mask, generator.random(mask.shape), -1).argmax(axis=1)
        started = time.process_time()
        observations, _, lost, _, _ = env.step(actions)
        spent += time.process_time() - started
        placements += boards - int(ended.sum())
        ended = lost
    return placements / spent


def ask(command: list[str]) -> float:
    """Run a system in a process with one thread and return the rate that it prints."""
    libraries = ("OMP", "MKL", "OPENBLAS")
    threads = {f"{library}_NUM_THREADS": "1" for library in libraries}
    done = subprocess.run(command, check=True, capture_output=True, env=os.environ | threads)
    return float(done.stdout.split()[-1])


def commands(options: Options) -> dict[str, list[str]]:
    """Return how to measure each system."""
    seconds = ["--seconds", str(options.seconds)]
    mine = [sys.executable, __file__, *seconds, "--boards"]
    found = {f"prefrl, {boards} boards": [*mine, str(boards)] for boards in BOARDS}
    found["prefrl, 64 boards, played by BCTS"] = [*mine, "64", "--bcts"]
    found["prefrl, 64 boards, without numba"] = [*mine, "64", "--no-numba"]
    for package in PACKAGES:
        python = str(peer_python(package, options.folder))
        found[package] = [python, str(PEERS / "tetris_packages.py"), package, *seconds]
    return found


def main(options: Options) -> None:
    """Measure all systems in turn, and print and write the medians."""
    if options.boards:
        compiled.AVAILABLE = options.numba
        print(measure(options.boards, options.seconds, options.bcts))
        return
    systems = commands(options)
    rates: dict[str, list[float]] = {name: [] for name in systems}
    for _ in range(options.repeats):
        for name, command in systems.items():
            rates[name].append(ask(command))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        ratio = rate / medians["tetris-gymnasium"]
        print(f"{name:36} {rate:12,.0f} placements/s {ratio:8,.1f} × tetris-gymnasium")
    text = json.dumps({"medians": medians, "rates": rates}, indent=2)
    (options.folder / "tetris_speed.json").write_text(text + "\n")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
