"""What is kept of a board to draw it later."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .boards import unpack
from .errors import TetrisError
from .games import Games
from .pieces import PIECE_NAMES

HEADER = 7
"""Numbers before the cells: width, height, lines, the lines and piece of the last placement, the
current piece, and the next or −1. Pieces are indices of `PIECE_NAMES`."""

WALL, PLACED, FALLING = 1, 2, 3
"""Cells of the wall, those of it that the last piece left, and those of a falling piece."""


@dataclass(frozen=True)
class Scene:
    """A snapshot, read.

    Attributes:
        lines: Lines removed so far.
        last_lines: Lines removed by the last placement.
        last_piece: The name of the piece placed last.
        piece: The name of the current piece.
        next_piece: The name of the next piece, or None where it is not known.
        cells: `[height, width]` of 0, `WALL`, `PLACED` and `FALLING`, the uppermost row first.
    """

    lines: int
    last_lines: int
    last_piece: str
    piece: str
    next_piece: str | None
    cells: NDArray[np.int32]


def take_snapshots(games: Games) -> NDArray[np.int32]:
    """Return snapshots of all boards, `[B, HEADER + height × width]`."""
    settings = games.settings
    names = np.array([PIECE_NAMES.index(name) for name in settings.pieces])
    taken = np.empty((len(games), HEADER + settings.height * settings.width), np.int32)
    taken[:, 0], taken[:, 1] = settings.width, settings.height
    taken[:, 2], taken[:, 3] = games.lines, games.last_lines
    taken[:, 4], taken[:, 5] = names[games.last_piece], names[games.piece]
    taken[:, 6] = names[games.next_piece] if settings.next_piece else -1
    cells = unpack(games.columns, settings.height) + unpack(
        games.placed & games.columns, settings.height
    )
    taken[:, HEADER:] = cells.reshape(len(games), -1)
    return taken


def read_snapshot(snapshot: NDArray[Any], width: int, height: int) -> Scene:
    """Read a snapshot of a board of a known size.

    Raises:
        TetrisError: If it is of another size, or no snapshot.
    """
    taken = np.asarray(snapshot)
    shape = (HEADER + height * width,)
    if taken.shape != shape or (taken[0], taken[1]) != (width, height):
        found = f"{taken[0]}×{taken[1]}" if taken.ndim == 1 and taken.size > HEADER else "no"
        raise TetrisError(
            f"a snapshot of a {width}×{height} board has the shape {shape}; this one has "
            f"{taken.shape} and is of {found} board; draw it with an environment of its size"
        )
    _, _, lines, last_lines, last_piece, piece, next_piece = (int(x) for x in taken[:HEADER])
    following = PIECE_NAMES[next_piece] if next_piece >= 0 else None
    cells = taken[HEADER:].reshape(height, width)
    return Scene(lines, last_lines, PIECE_NAMES[last_piece], PIECE_NAMES[piece], following, cells)
