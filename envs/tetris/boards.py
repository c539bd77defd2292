"""Boards as columns of bits: bit r of a column is the cell in row r, and row 0 is the floor.

Arrays of columns are `[width, N]`, so that whatever is done to a column is done to those of all
boards at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import TetrisError

Columns = NDArray[Any]
"""Columns of bits of N boards, `[width, N]`, unsigned integers."""

ROOM = 4
"""Rows above the board that a piece can reach into, since a piece is at most four rows high."""

SMALLEST, HIGHEST, WIDEST = 4, 60, 100
"""Limits of a board: pieces are four cells long, and a column and its room must fit 64 bits."""


def check_size(width: int, height: int) -> None:
    """Raise a TetrisError unless boards of this size are possible."""
    for name, size, limit in (("width", width, WIDEST), ("height", height, HIGHEST)):
        if not isinstance(size, int | np.integer) or not SMALLEST <= size <= limit:
            raise TetrisError(f"{name}={size!r} must be a whole number from {SMALLEST} to {limit}")


def column_dtype(height: int) -> np.dtype[Any]:
    """Return the unsigned integers that hold a column of this height and the room above it."""
    return np.dtype(np.uint32 if height + ROOM <= 32 else np.uint64)


def floor_rows(rows: int, dtype: np.dtype[Any]) -> Any:
    """Return a column that is filled in its lowest rows, as a number of this type."""
    return dtype.type((1 << rows) - 1)


def pack(cells: NDArray[Any], dtype: np.dtype[Any]) -> Columns:
    """Return the columns of boards given cell by cell.

    Args:
        cells: `[N, height, width]`, the uppermost row first; anything but 0 is filled.
        dtype: The integers of the result.

    Returns:
        `[width, N]`.
    """
    upwards = (np.asarray(cells) != 0)[:, ::-1].astype(dtype)
    rows = np.arange(upwards.shape[1], dtype=dtype)[:, None]
    columns: Columns = np.bitwise_or.reduce(upwards << rows, axis=1).T
    return np.ascontiguousarray(columns)


def unpack(columns: Columns, height: int) -> NDArray[np.int8]:
    """Return boards cell by cell, `[N, height, width]` of 0 and 1, the uppermost row first."""
    size = columns.dtype.itemsize
    little = np.ascontiguousarray(columns.T, dtype=columns.dtype.newbyteorder("<"))
    bits = np.unpackbits(little.view(np.uint8), axis=1, bitorder="little")
    rows = bits.reshape(columns.shape[1], columns.shape[0], 8 * size)[:, :, height - 1 :: -1]
    return np.ascontiguousarray(rows.transpose(0, 2, 1)).view(np.int8)


def fill_below(columns: Columns, rows: int) -> Columns:
    """Return columns with every cell filled that is at or below a filled one.

    Args:
        columns: Of any shape.
        rows: How many rows can be filled.
    """
    filled, shift = columns.copy(), 1
    shifted = np.empty_like(columns)
    while shift < rows:
        np.right_shift(filled, columns.dtype.type(shift), out=shifted)
        np.bitwise_or(filled, shifted, out=filled)
        shift *= 2
    return filled


def heights(columns: Columns, rows: int) -> NDArray[np.uint8]:
    """Return the height of each column, which may have this many rows."""
    counted: NDArray[np.uint8] = np.bitwise_count(fill_below(columns, rows))
    return counted


def full_rows(columns: Columns) -> NDArray[Any]:
    """Return the rows that are filled in every column, as bits, `[N]`."""
    full: NDArray[Any] = np.bitwise_and.reduce(columns, axis=0)
    return full


def remove_rows(columns: Columns, removed: NDArray[Any]) -> Columns:
    """Return boards without some rows, everything above them moved down.

    Args:
        columns: `[width, N]`.
        removed: The rows to remove of each board, as bits, `[N]`.
    """
    one = columns.dtype.type(1)
    while removed.any():
        lowest = removed & -removed
        under = np.where(lowest != 0, lowest - one, ~columns.dtype.type(0))
        columns = (columns & under) | ((columns >> one) & ~under)
        removed = (removed >> one) & ~under
    return columns
