"""Wells: empty cells between filled ones, or between one and a side wall."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .boards import Columns, floor_rows


def well_cells(walled: Columns) -> Columns:
    """Return the empty cells whose left and right neighbours are filled, `[width, N]`.

    Args:
        walled: Columns with a filled column for either side wall, `[width + 2, N]`.
    """
    cells: Columns = walled[:-2] & walled[2:]
    cells &= ~walled[1:-1]
    return cells


def cumulative_wells(walled: Columns, rows: int) -> NDArray[np.uint16]:
    """Sum over well cells: 1 + the empty cells right below (mdptetris feature 6, Dellacherie's).

    Args:
        walled: Columns with a filled column for either side wall, `[width + 2, N]`.
        rows: How many rows can be filled.

    Returns:
        `[N]`.
    """
    return _depths(well_cells(walled), walled, rows)


def fast_wells(walled: Columns, rows: int) -> NDArray[np.uint16]:
    """Sum as `cumulative_wells`, all empty cells below a well cell being well cells too.

    This is feature −6 of mdptetris: a run of k cells from the uppermost well cell down counts
    1 + 2 + … + k.

    Args:
        walled: Columns with a filled column for either side wall, `[width + 2, N]`.
        rows: How many rows can be filled.

    Returns:
        `[N]`.
    """
    cells = _spread_down(well_cells(walled), ~walled[1:-1], rows)
    return _depths(cells, walled, rows)


def _depths(cells: Columns, walled: Columns, rows: int) -> NDArray[np.uint16]:
    # Few columns have wells, so only those are looked at further.
    some = np.flatnonzero(cells != 0)
    inside = floor_rows(rows, cells.dtype)
    empty = ~walled[1:-1].ravel().take(some) & inside
    totals = np.zeros(cells.shape, np.uint16)
    totals.ravel()[some] = _count_falling(cells.ravel().take(some), empty, rows)
    total: NDArray[np.uint16] = np.add.reduce(totals, axis=0, dtype=np.uint16)
    return total


def _count_falling(cells: NDArray[Any], empty: NDArray[Any], rows: int) -> NDArray[Any]:
    # Cells fall row by row as far as it is empty, and are counted in every row. A word of 64 bits
    # holds the cells after 0 to steps − 1 rows side by side, so that many rows are done at once;
    # the bit between two of these lanes keeps a lane's cells from falling into the next.
    lane = rows + 1
    steps = max(1, 64 // lane)
    fallen: NDArray[Any] = cells.astype(np.uint64)
    room: NDArray[Any] = empty.astype(np.uint64)
    falling: NDArray[Any] = fallen
    free: NDArray[Any] = room
    for step in range(1, steps):
        fallen = (fallen >> 1) & room
        falling = falling | (fallen << (lane * step))
        free = free & (room >> step)
    free = free * np.uint64(sum(1 << (lane * step) for step in range(steps)))
    count: NDArray[np.uint16] = np.bitwise_count(falling).astype(np.uint16)
    while np.bitwise_or.reduce(falling := (falling >> steps) & free):
        count += np.bitwise_count(falling)
    return count


def _spread_down(cells: Columns, empty: Columns, rows: int) -> Columns:
    shift = 1
    while shift < rows:
        cells = cells | ((cells >> shift) & empty)
        empty = empty & (empty >> shift)
        shift *= 2
    return cells
