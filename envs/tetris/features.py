"""Features of the boards that placements leave behind.

Definitions are those of mdptetris (src/feature_functions.c): side walls and the floor count as
filled, the row above the board as empty, and everything but landing height and eroded cells is
counted after full rows are gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import compiled
from .afterstates import Afterstates
from .boards import ROOM, Columns, fill_below
from .errors import TetrisError
from .wells import cumulative_wells, fast_wells, well_cells

Rows = NDArray[np.float32]
"""One row for each feature, `[F, N]`."""

SQUARED_HEIGHT_SCALE = 100.0
"""What Knox's squared heights are divided by (HT_SQ_SCALE in FeatGen_Tetris.java)."""


@dataclass(frozen=True)
class FeatureSet:
    """A choice of features.

    Attributes:
        names: Their names on boards of a given width.
        compute: Gives them for afterstates, `[F, N]`.
    """

    names: Callable[[int], list[str]]
    compute: Callable[[Afterstates], Rows]


def dellacherie(after: Afterstates) -> Rows:
    """Return the six of Dellacherie: `DELLACHERIE`."""
    return bcts(after)[:6]


def bcts(after: Afterstates) -> Rows:
    """Return the eight of BCTS (Thiery and Scherrer 2009): `BCTS`."""
    return _counted(after, 8, fast=False)


def dt(after: Afterstates) -> Rows:
    """Return the nine of DT (AMPI, JMLR 2015): `BCTS` with fast wells, and the diversity."""
    rows = _counted(after, 9, fast=True)
    filled = fill_below(after.columns, after.height + ROOM)
    rows[8] = _diversity(np.bitwise_count(filled))
    return rows


def bertsekas(after: Afterstates) -> Rows:
    """Return those of Bertsekas and Ioffe: heights, their differences, highest, holes, 1."""
    columns = after.columns
    width = len(columns)
    filled = fill_below(columns, after.height + ROOM)
    rows = np.empty((2 * width + 2, columns.shape[1]), np.float32)
    rows[:width] = np.bitwise_count(filled)
    np.abs(rows[1:width] - rows[: width - 1], out=rows[width : 2 * width - 1])
    rows[-3] = rows[:width].max(axis=0)
    rows[-2] = _count(filled ^ columns, after.height + ROOM)
    rows[-1] = 1
    return rows


def knox(after: Afterstates) -> Rows:
    """Return those of Knox (FeatGen_Tetris.java) of the board; TAMER takes their change.

    Heights are counted from the top: an empty column has the board's. The highest column is thus
    the smallest of them. A well starts at the uppermost cell between filled ones that no cell of
    its column covers, and reaches down to the column's top.
    """
    columns = after.columns
    width = len(columns)
    filled = fill_below(columns, after.height + ROOM)
    half = 2 * width + 3
    rows = np.empty((2 * half, columns.shape[1]), np.float32)
    heights = np.bitwise_count(filled)
    rows[:width] = np.float32(after.height) - heights
    rows[width] = rows[:width].min(axis=0)
    np.abs(rows[1:width] - rows[: width - 1], out=rows[width + 1 : 2 * width])
    rows[2 * width] = _count(filled ^ columns, after.height + ROOM)
    depths = _open_wells(after.walled, filled, heights, after.height + ROOM)
    rows[2 * width + 1] = depths.max(axis=0)
    rows[2 * width + 2] = depths.sum(axis=0)
    np.square(rows[:half], out=rows[half:])
    rows[half : half + width + 1] /= np.float32(SQUARED_HEIGHT_SCALE)
    return rows


def _count_compiled(after: Afterstates, fast: bool) -> Rows:
    rows = np.empty((9, len(after.landing)), np.float32)
    rows[0], rows[1] = after.landing, after.eroded
    compiled.count_features(after.walled, fast, rows[2:])
    return rows


def _counted(after: Afterstates, features: int, fast: bool) -> Rows:
    # One afterstate's features lie side by side in memory, as candidates' rows do.
    rows = np.empty((after.walled.shape[1], features), np.float32).T
    rows[0], rows[1] = after.landing, after.eroded
    if compiled.AVAILABLE:
        compiled.count_features(after.walled, fast, rows[2:8])
    else:
        _count_features(after, fast, rows[2:8])
    return rows


def _count_features(after: Afterstates, fast: bool, rows: Rows) -> None:
    columns, walled, most = after.columns, after.walled, after.height + ROOM
    rows[0] = _count(walled[1:] ^ walled[:-1], most)
    # Below row 0 is the floor.
    rows[1] = _count((columns >> 1) ^ columns, most) + _count(~columns & 1, 1)
    holes = fill_below(columns, most) ^ columns
    rows[2] = _count(holes, most)
    rows[3] = (fast_wells if fast else cumulative_wells)(walled, most)
    # Every run of filled cells lies on the floor or on a hole; adding 1 clears the one on the
    # floor.
    above = columns + 1
    above &= columns
    rows[4] = _count(above, most)
    rows[5] = np.bitwise_count(np.bitwise_or.reduce(holes, axis=0))


def _count(cells: Columns, rows: int) -> NDArray[Any]:
    # The number of set bits of each board, summed in bytes where they cannot overflow.
    dtype = np.uint8 if len(cells) * rows < 256 else np.uint16
    total: NDArray[Any] = np.add.reduce(np.bitwise_count(cells), axis=0, dtype=dtype)
    return total


def _diversity(heights: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # How many of the differences −2 to 2 occur between neighbouring columns.
    steps = np.diff(heights.view(np.int8), axis=0)
    found = np.zeros(heights.shape[1], np.uint8)
    for step in range(-2, 3):
        found += (steps == step).any(axis=0)
    return found


def _open_wells(
    walled: Columns, filled: Columns, heights: NDArray[np.uint8], rows: int
) -> NDArray[np.uint8]:
    wells = well_cells(walled) & ~filled
    depths: NDArray[np.uint8] = np.bitwise_count(fill_below(wells, rows) & ~filled)
    return depths


DELLACHERIE = [
    "landing height",
    "eroded cells",
    "row transitions",
    "column transitions",
    "holes",
    "cumulative wells",
]
BCTS = [*DELLACHERIE, "hole depth", "rows with holes"]
DT = [*BCTS, "diversity"]


def _bertsekas_names(width: int) -> list[str]:
    heights = [f"height {column}" for column in range(width)]
    steps = [f"height difference {column}" for column in range(width - 1)]
    return [*heights, *steps, "highest", "holes", "constant"]


def _knox_names(width: int) -> list[str]:
    heights = [f"depth of column {column}" for column in range(width)]
    steps = [f"height difference {column}" for column in range(width - 1)]
    names = [*heights, "depth of highest", *steps, "holes", "deepest well", "sum of wells"]
    return [*names, *(f"{name}, squared" for name in names)]


FEATURES = {
    "dellacherie": FeatureSet(lambda width: DELLACHERIE, dellacherie),
    "bcts": FeatureSet(lambda width: BCTS, bcts),
    "dt": FeatureSet(lambda width: DT, dt),
    "bertsekas": FeatureSet(_bertsekas_names, bertsekas),
    "knox": FeatureSet(_knox_names, knox),
}
"""Feature sets by name."""


def feature_set(name: str) -> FeatureSet:
    """Return a feature set.

    Raises:
        TetrisError: If the name is unknown.
    """
    if name not in FEATURES:
        raise TetrisError(f"features={name!r} is unknown; it must be one of {', '.join(FEATURES)}")
    return FEATURES[name]


def feature_bound(width: int, height: int) -> float:
    """Return a number that no feature exceeds; none is below its negative."""
    rows = height + ROOM
    return float(max((rows + 1) * rows // 2 * width, (width * rows) ** 2))
