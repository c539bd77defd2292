"""Building and judging boards in machine code, where numba is installed; the same as without."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

AVAILABLE = find_spec("numba") is not None
"""Whether the functions of this file are compiled; as Python they would be slow."""

Function = TypeVar("Function", bound=Callable[..., Any])

# All cells are 64 bits here: numba makes floats of other integers mixed with them.
ONE, TWO, FOUR = np.uint64(1), np.uint64(2), np.uint64(4)
PAIRS, FOURS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
BYTES, TOP_BYTE = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(56)
EACH_BYTE = np.uint64(0x0101010101010101)
SHIFTS = (ONE, TWO, FOUR, np.uint64(8), np.uint64(16), np.uint64(32))
NONE, ALL_ROWS = np.uint64(0), np.uint64(2**64 - 1)


def _compiled(function: Function) -> Function:
    if not AVAILABLE:
        return function
    from numba import njit

    try:
        return cast(Function, njit(cache=True)(function))
    except RuntimeError:  # there is no folder to keep machine code in
        return cast(Function, njit(function))


@_compiled
def count_bits(bits: Any) -> Any:
    """Return how many bits are set (Warren, Hacker's Delight, section 5-1)."""
    bits = bits - ((bits >> ONE) & PAIRS)
    bits = (bits & FOURS) + ((bits >> TWO) & FOURS)
    bits = (bits + (bits >> FOUR)) & BYTES
    return (bits * EACH_BYTE) >> TOP_BYTE


@_compiled
def fill_below(column: Any) -> Any:
    """Return a column with every cell filled that is at or below a filled one."""
    for shift in SHIFTS:
        column |= column >> shift
    return column


@_compiled
def remove_rows(column: Any, removed: Any) -> Any:
    """Return a column without some rows, everything above them moved down."""
    while removed:
        under = (removed & (~removed + ONE)) - ONE
        column = (column & under) | ((column >> ONE) & ~under)
        removed = (removed >> ONE) & ~under
    return column


@_compiled
def drop_pieces(
    columns: NDArray[Any],
    starts: NDArray[np.int64],
    first: NDArray[np.int64],
    bits: NDArray[Any],
    lowest: NDArray[np.int8],
    barred: Any,
    placed: NDArray[Any],
    walled: NDArray[Any],
    counts: NDArray[np.int64],
) -> None:
    """Drop every board's piece everywhere it fits; see `build_afterstates`.

    Args:
        columns: The boards, `[width, B]`.
        starts: Index of each board's first afterstate, and at the end their number N, `[B + 1]`.
        first: Index of the first placement of each board's piece, `[B]`.
        bits: Of `Placements`.
        lowest: Of `Placements`.
        barred: Rows, as bits, where a piece's cell keeps it from removing rows.
        placed: The piece's own cells that are left, `[width, N]`; written.
        walled: Columns after full rows are gone, between the walls, `[width + 2, N]`; written.
        counts: Which of all placements it is, the row where the piece rests, the rows removed, and
            those × cells of the piece removed with them, `[4, N]`; written.
    """
    width = len(columns)
    tops = np.empty(width, np.int64)
    for board in range(len(first)):
        for place in range(width):
            tops[place] = count_bits(fill_below(np.uint64(columns[place, board])))
        for after in range(starts[board], starts[board + 1]):
            choice = first[board] + after - starts[board]
            rest = 0
            for place in range(width):
                rest = max(rest, tops[place] - lowest[place, choice])
            full, reached = ALL_ROWS, NONE
            for place in range(width):
                cells = np.uint64(bits[place, choice]) << np.uint64(rest)
                filled = np.uint64(columns[place, board]) | cells
                placed[place, after], walled[place + 1, after] = cells, filled
                full &= filled
                reached |= cells
            if reached & barred:
                full = NONE
            counts[0, after], counts[1, after] = choice, rest
            counts[2, after], counts[3, after] = count_bits(full), 0
            if full:
                counts[3, after] = _remove(full, placed[:, after], walled[1:-1, after])


@_compiled
def _remove(full: Any, placed: NDArray[Any], filled: NDArray[Any]) -> Any:
    # Removes rows from a board and its piece in place; returns rows × cells of the piece in them.
    cells = NONE
    for place in range(len(placed)):
        mine = np.uint64(placed[place])
        cells += count_bits(mine & full)
        placed[place] = remove_rows(mine, full)
        filled[place] = remove_rows(np.uint64(filled[place]), full)
    return cells * count_bits(full)


@_compiled
def count_features(walled: NDArray[Any], fast_wells: bool, rows: NDArray[np.float32]) -> None:
    """Count the features of `features.bcts` but landing height and eroded cells.

    Args:
        walled: Columns with a filled column for either side wall, `[width + 2, N]`.
        fast_wells: Whether wells are those of `wells.fast_wells`, or else cumulative ones.
        rows: Row and column transitions, holes, wells, hole depth and rows with holes, `[6, N]`;
            written.
    """
    for board in range(walled.shape[1]):
        left, column = np.uint64(walled[0, board]), np.uint64(walled[1, board])
        row_changes = count_bits(left ^ column)
        column_changes = holes = wells = depth = hole_rows = NONE
        for place in range(2, walled.shape[0]):
            right = np.uint64(walled[place, board])
            row_changes += count_bits(column ^ right)
            column_changes += count_bits(column ^ (column >> ONE)) + (~column & ONE)
            covered = fill_below(column) ^ column
            holes += count_bits(covered)
            hole_rows |= covered
            depth += count_bits((column + ONE) & column)
            wells += _count_wells(left & right & ~column, ~column, fast_wells)
            left, column = column, right
        rows[0, board], rows[1, board], rows[2, board] = row_changes, column_changes, holes
        rows[3, board], rows[4, board], rows[5, board] = wells, depth, count_bits(hole_rows)


@_compiled
def _count_wells(cells: Any, empty: Any, fast: bool) -> Any:
    # Cells fall row by row as far as it is empty, and are counted in every row.
    if fast:
        spread = cells | ((cells >> ONE) & empty)
        while spread != cells:
            cells, spread = spread, spread | ((spread >> ONE) & empty)
    count = NONE
    while cells:
        count += count_bits(cells)
        cells = (cells >> ONE) & empty
    return count
