"""The seven pieces, their orientations, and their placements on a board."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import TetrisError

PIECE_NAMES = "IOTSZJL"

_DRAWINGS = {
    "I": ["####"],
    "O": ["##", "##"],
    "T": [".#.", "###"],
    "S": [".##", "##."],
    "Z": ["##.", ".##"],
    "J": ["#..", "###"],
    "L": ["..#", "###"],
}

UNOCCUPIED = 100
"""The lowest row of a piece in a column without cells of it: too high for anything to touch it."""


@cache
def orientations(name: str) -> tuple[NDArray[np.bool_], ...]:
    """Return a piece's distinct orientations, each turned clockwise from the one before.

    Args:
        name: One of `PIECE_NAMES`.

    Returns:
        Arrays `[height, width]` of the cells occupied, the lowest row first.
    """
    drawn = np.array([[cell == "#" for cell in row] for row in reversed(_DRAWINGS[name])])
    distinct: list[NDArray[np.bool_]] = []
    for _ in range(4):
        if not any(np.array_equal(drawn, other) for other in distinct):
            distinct.append(drawn)
        drawn = np.rot90(drawn)  # clockwise, since the lowest row comes first
    return tuple(distinct)


def check_names(names: Sequence[str]) -> str:
    """Return the names of pieces as one string.

    Raises:
        TetrisError: If there are none, or one is unknown or comes twice.
    """
    unknown = [name for name in names if name not in PIECE_NAMES or len(name) != 1]
    if unknown:
        raise TetrisError(f"there is no piece {unknown[0]!r}; the pieces are {PIECE_NAMES}")
    if not names or len(set(names)) < len(names):
        raise TetrisError(f"pieces={names!r} must name at least one piece, and none twice")
    return "".join(names)


@dataclass(frozen=True)
class Placements:
    """All placements of all pieces on boards of one width, one piece after the other.

    Attributes:
        names: The pieces P, in the order of their indices.
        counts: Placements of each piece, `[P]`.
        first: Index of each piece's first placement among all T, `[P]`.
        orientation: Index among the piece's orientations, `[T]`.
        left: Column of the piece's left edge, `[T]`.
        bits: The piece resting on the floor, as columns of bits, `[width, T]`.
        lowest: Row of its lowest cell in each column, or `UNOCCUPIED`, `[width, T]` int8.
        middle: Height of its middle above its lowest row, in rows, `[T]` float32.
    """

    names: str
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    orientation: NDArray[np.int64]
    left: NDArray[np.int64]
    bits: NDArray[Any]
    lowest: NDArray[np.int8]
    middle: NDArray[np.float32]

    @property
    def most(self) -> int:
        """The largest number of placements that a piece has."""
        return int(self.counts.max())


def list_placements(names: str, width: int, dtype: np.dtype[Any]) -> Placements:
    """Return the placements of pieces, ordered by piece, orientation and column.

    Args:
        names: The pieces, of `PIECE_NAMES`.
        width: Columns of the board, at least 4.
        dtype: Unsigned integers for columns of bits.
    """
    rows = [
        (piece, turn, left, cells)
        for piece, name in enumerate(names)
        for turn, cells in enumerate(orientations(name))
        for left in range(width - cells.shape[1] + 1)
    ]
    bits = np.zeros((width, len(rows)), dtype)
    lowest = np.full((width, len(rows)), UNOCCUPIED, np.int8)
    for index, (_, _, left, cells) in enumerate(rows):
        for column in range(cells.shape[1]):
            filled = np.flatnonzero(cells[:, column])
            bits[left + column, index] = sum(1 << int(row) for row in filled)
            lowest[left + column, index] = filled[0]
    pieces, turns, lefts, shapes = zip(*rows, strict=True)
    counts = np.bincount(pieces, minlength=len(names))
    middle = np.array([(cells.shape[0] - 1) / 2 for cells in shapes], np.float32)
    return Placements(
        names=names,
        counts=counts,
        first=np.cumsum(counts) - counts,
        orientation=np.array(turns),
        left=np.array(lefts),
        bits=bits,
        lowest=lowest,
        middle=middle,
    )
