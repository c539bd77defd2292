"""All boards that a batch of pieces can leave behind, built at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import compiled
from .boards import ROOM, Columns, floor_rows, full_rows, heights, remove_rows
from .pieces import Placements


@dataclass(frozen=True)
class Afterstates:
    """The boards after every placement of every board's piece, board by board.

    Attributes:
        height: Rows of a board.
        starts: Index of each board's first afterstate, and at the end their number N, `[B + 1]`.
        placements: Which of all placements each is, `[N]`.
        walled: Columns after full rows are gone, with a filled column for either side wall,
            `[width + 2, N]`.
        piece: The piece's own cells that are left, `[width, N]`.
        landing: Height of the middle of the piece where it landed, in rows from 0, `[N]`.
        lines: Rows removed, `[N]`.
        eroded: Rows removed × cells of the piece removed with them, `[N]`.
    """

    height: int
    starts: NDArray[np.int64]
    placements: NDArray[np.int64]
    walled: Columns
    piece: Columns
    landing: NDArray[np.float32]
    lines: NDArray[np.uint8]
    eroded: NDArray[np.uint8]

    @property
    def columns(self) -> Columns:
        """The boards without their walls, `[width, N]`."""
        return self.walled[1:-1]

    def take(self, chosen: NDArray[np.int64]) -> "Afterstates":
        """Return some of them, as the only ones of a board each."""
        return Afterstates(
            height=self.height,
            starts=np.arange(len(chosen) + 1),
            placements=self.placements[chosen],
            walled=self.walled[:, chosen],
            piece=self.piece[:, chosen],
            landing=self.landing[chosen],
            lines=self.lines[chosen],
            eroded=self.eroded[chosen],
        )

    def lost(self, ceiling: int) -> NDArray[np.bool_]:
        """Return which boards have a filled cell in this row or above it, `[N]`."""
        lost: NDArray[np.bool_] = np.bitwise_or.reduce(self.columns) >> ceiling != 0
        return lost


def build_afterstates(
    columns: Columns,
    pieces: NDArray[np.int64],
    placements: Placements,
    height: int,
    top: int | None = None,
) -> Afterstates:
    """Drop every board's piece everywhere it fits.

    Args:
        columns: B boards with nothing above their height, `[width, B]`.
        pieces: The index of each board's piece, `[B]`.
        placements: Those of boards of this width.
        height: Rows of a board.
        top: The row from which on a piece's cell keeps it from removing rows; None for no such row.
    """
    counts, first = placements.counts[pieces], placements.first[pieces]
    starts = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    walled = np.empty((len(columns) + 2, starts[-1]), columns.dtype)
    walled[0] = walled[-1] = floor_rows(height, columns.dtype)
    if compiled.AVAILABLE:
        piece = np.empty_like(walled[1:-1])
        chosen, rest, lines, eroded = written = np.empty((4, starts[-1]), np.int64)
        barred = np.uint64(0 if top is None else (1 << 64) - (1 << top))
        boards, bits, lowest = np.ascontiguousarray(columns), placements.bits, placements.lowest
        compiled.drop_pieces(boards, starts, first, bits, lowest, barred, piece, walled, written)
    else:
        chosen = np.arange(starts[-1]) + (first - starts[:-1]).repeat(counts)
        rest = _resting_rows(columns, counts, placements.lowest.take(chosen, axis=1), height)
        piece = placements.bits.take(chosen, axis=1)
        piece <<= rest.astype(columns.dtype)
        after = np.bitwise_or(columns.repeat(counts, axis=1), piece, out=walled[1:-1])
        lines, eroded = clear_rows(after, piece, top)
    landing = rest + placements.middle[chosen]
    return Afterstates(height, starts, chosen, walled, piece, landing, lines, eroded)


def boards_as_they_are(columns: Columns, height: int) -> Afterstates:
    """Return boards as if nothing had been placed on them, to compare afterstates with.

    Args:
        columns: B boards, `[width, B]`.
        height: Rows of a board.
    """
    count = columns.shape[1]
    wall = np.full((1, count), floor_rows(height, columns.dtype), columns.dtype)
    nothing = np.zeros(count, np.uint8)
    return Afterstates(
        height=height,
        starts=np.arange(count + 1),
        placements=np.zeros(count, np.int64),
        walled=np.concatenate([wall, columns, wall]),
        piece=np.zeros_like(columns),
        landing=np.zeros(count, np.float32),
        lines=nothing,
        eroded=nothing,
    )


def _resting_rows(
    columns: Columns, counts: NDArray[np.int64], lowest: NDArray[np.int8], height: int
) -> NDArray[np.int8]:
    # A piece stops where the first of its columns touches.
    tops = heights(columns, height + ROOM).view(np.int8).repeat(counts, axis=1)
    rest: NDArray[np.int8] = np.subtract(tops, lowest, out=tops).max(axis=0)
    return rest


def clear_rows(
    after: Columns, piece: Columns, top: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Remove full rows in place, from boards and from the pieces in them.

    Args:
        after: Boards with their pieces, `[width, N]`.
        piece: The pieces' own cells, `[width, N]`.
        top: The row from which on a piece's cell keeps it from removing rows; None for no such row.

    Returns:
        Rows removed, and those × cells of the piece removed with them, `[N]` each.
    """
    # Few boards have any, so only those are worked on.
    full = full_rows(after)
    if top is not None:
        full[np.bitwise_or.reduce(piece, axis=0) >> top != 0] = 0
    lines: NDArray[np.uint8] = np.bitwise_count(full)
    eroded: NDArray[np.uint8] = np.zeros_like(lines)
    cleared = np.flatnonzero(full)
    if len(cleared):
        rows, mine = full[cleared], piece[:, cleared]
        eroded[cleared] = np.bitwise_count(mine & rows).sum(axis=0) * lines[cleared]
        both = remove_rows(np.concatenate([after[:, cleared], mine]), rows)
        after[:, cleared], piece[:, cleared] = both[: len(after)], both[len(after) :]
    return lines, eroded
