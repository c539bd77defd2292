"""Compare Tetris with tetris-gymnasium: the same placements give the same boards and lines.

    python tests/benchmarks/tetris_referee.py [--placements 10000]

Both packages get the same pieces and the same placements, on ten columns and then on five, where
three and four lines at once are common. A fifth of them is random, the others are Dellacherie's;
boards and removed lines are compared after every one. Rules that differ:

- There, pieces enter on the board's uppermost rows and the game ends when one has no room; here
  they come from above and only the wall's height ends a game. So a new game is begun as soon as
  the wall reaches into the four uppermost rows.
- There, pieces come from a bag; here they are uniform unless asked otherwise. The placements say
  which piece comes.
- There, of an orientation there are placements that differ in nothing (I, S and Z have four
  orientations); here each is there once.
- There, key presses can slide pieces under overhangs; the comparison is of pieces that fall
  straight down.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from numpy.typing import NDArray
from tetris_peers import PEERS, peer_python

from prefrl.envs.tetris.boards import ROOM, unpack
from prefrl.envs.tetris.controllers import DELLACHERIE
from prefrl.envs.tetris.games import Games
from prefrl.envs.tetris.pieces import orientations
from prefrl.envs.tetris.sequence import ALL
from prefrl.envs.tetris.settings import Settings


@dataclass(frozen=True)
class Options:
    """How much to compare."""

    placements: int = 10_000
    """Placements to compare on each width."""
    widths: tuple[int, ...] = (10, 5)
    """Columns of the boards."""
    seed: int = 0
    """Determines the pieces and the placements."""
    folder: Path = Path(".benchmarks")
    """Folder for the peer's virtual environment and the files exchanged."""


RANDOM_SHARE = 0.2

Record = dict[str, NDArray[Any]]


def record(options: Options, width: int) -> Record:
    """Play, and return what was placed and what it led to, one entry a placement."""
    settings, generator = Settings(width=width), np.random.default_rng(options.seed)
    games, rows = Games(1, settings), []
    fresh, first = True, np.zeros(1, np.int64)
    for _ in range(options.placements):
        if fresh:
            games.start(first, [generator])
        if generator.random() < RANDOM_SHARE:
            choice = generator.integers(games.choices)
        else:
            choice = DELLACHERIE.choose(games)
        name = settings.pieces[games.piece[0]]
        placement = games.afterstates.placements[choice[0]]
        shape = orientations(name)[games.placements.orientation[placement]][::-1]
        cells = np.zeros((4, 4), np.bool_)
        cells[: shape.shape[0], : shape.shape[1]] = shape
        games.place(ALL, choice)
        board = unpack(games.columns, settings.height)[0].astype(np.bool_)
        left = games.placements.left[placement]
        rows.append((name, cells, left, fresh, board, games.last_lines[0]))
        fresh = bool(board[:ROOM].any())
    names = ("names", "cells", "left", "fresh", "boards", "lines")
    columns = zip(*rows, strict=True)
    found: Record = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
    return found | {"size": np.array([settings.height, settings.width])}


def compare(options: Options, width: int) -> None:
    """Compare on boards of one width, and fail at the first difference."""
    python = peer_python("tetris-gymnasium", options.folder)
    mine, home = record(options, width), options.folder.resolve()
    given, answer = home / "referee-given.npz", home / "referee-answer.npz"
    told: dict[str, Any] = {key: mine[key] for key in mine if key not in ("boards", "lines")}
    np.savez(given, **told)
    subprocess.run([python, PEERS / "tetris_gymnasium_boards.py", given, answer], check=True)
    theirs = np.load(answer)
    same = (theirs["boards"] == mine["boards"]).all(axis=(1, 2))
    same &= theirs["lines"] == mine["lines"]
    if not same.all():
        raise SystemExit(f"placement {np.flatnonzero(~same)[0]} differs ({(~same).sum()} in all)")
    games, lines = int(mine["fresh"].sum()), int(mine["lines"].sum())
    print(f"{width} columns:")
    at_once = np.bincount(mine["lines"].astype(np.int64), minlength=5)[1:].tolist()
    print(f"{len(same):,} placements in {games} games gave the same boards and the same lines")
    print(f"{lines} lines, of which 1, 2, 3, 4 at once: {at_once}")


def main(options: Options) -> None:
    """Compare on boards of every width."""
    for width in options.widths:
        compare(options, width)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
