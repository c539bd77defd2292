"""Tests of envs/tetris/features.py and wells.py."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefrl.envs.tetris.boards import ROOM, pack, unpack
from prefrl.envs.tetris.errors import TetrisError
from prefrl.envs.tetris.features import FEATURES, feature_bound, feature_set
from prefrl.envs.tetris.wells import cumulative_wells, fast_wells

from .reference import column_heights, dt_features, hole_cells, open_well
from .strategies import boards
from .test_afterstates import afterstates

pytestmark = pytest.mark.usefixtures("both_ways")

BOARD = """
........
........
...X....
...XX...
.X.XX...
.XXXXX.X
.XXXXX.X
XXXXX..X
...XXX.X
X.X..X.X
"""
"""The board by which mdptetris (src/feature_functions.c) explains both kinds of wells."""


def walled(drawing: str) -> NDArray[np.uint32]:
    cells = np.array([[[cell == "X" for cell in row] for row in drawing.split()]])
    columns = pack(cells, np.dtype(np.uint32))
    wall = np.full((1, 1), (1 << cells.shape[1]) - 1, np.uint32)
    return np.concatenate([wall, columns, wall])


def test_wells_are_those_of_mdptetriss_example() -> None:
    assert cumulative_wells(walled(BOARD), 14).tolist() == [20]
    assert fast_wells(walled(BOARD), 14).tolist() == [23]


@settings(max_examples=60, deadline=None)
@given(boards(), st.integers(0, 6))
def test_dt_features_are_those_counted_cell_by_cell(board: NDArray[np.bool_], piece: int) -> None:
    height = len(board)
    after = afterstates(board, [piece])
    dt, bcts, six = (FEATURES[name].compute(after) for name in ("dt", "bcts", "dellacherie"))
    np.testing.assert_array_equal(six, bcts[:6])
    np.testing.assert_array_equal(np.delete(bcts, 5, axis=0), np.delete(dt[:8], 5, axis=0))
    np.testing.assert_array_equal(dt[0], after.landing)
    np.testing.assert_array_equal(dt[1], after.eroded)
    for index, cells in enumerate(unpack(after.columns, height + ROOM)[:, ::-1].astype(bool)):
        found = [*dt[[2, 3, 4, 6, 7, 8], index], bcts[5, index], dt[5, index]]
        assert found == dt_features(cells, height)


@settings(max_examples=40, deadline=None)
@given(boards(), st.integers(0, 6))
def test_bertsekas_and_knox_features_are_those_counted_cell_by_cell(
    board: NDArray[np.bool_], piece: int
) -> None:
    height, width = board.shape
    after = afterstates(board, [piece])
    bertsekas, knox = (FEATURES[name].compute(after) for name in ("bertsekas", "knox"))
    for index, cells in enumerate(unpack(after.columns, height + ROOM)[:, ::-1].astype(bool)):
        heights = column_heights(cells)
        steps = [abs(a - b) for a, b in pairwise(heights)]
        holes = int(hole_cells(cells).sum())
        assert bertsekas[:, index].tolist() == [*heights, *steps, max(heights), holes, 1]
        wells = [open_well(cells, column, height) for column in range(width)]
        depths = [height - top for top in heights]
        plain = [*depths, min(depths), *steps, holes, max(wells), sum(wells)]
        squares = [float(x * x) for x in plain]
        scaled = [x / 100 for x in squares[: width + 1]] + squares[width + 1 :]
        np.testing.assert_allclose(knox[:, index], [*plain, *scaled], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "count"),
    [("dellacherie", 6), ("bcts", 8), ("dt", 9), ("bertsekas", 22), ("knox", 46)],
)
def test_sets_have_their_known_sizes_on_ten_columns(name: str, count: int) -> None:
    board = np.zeros((20, 10), np.bool_)
    rows = feature_set(name).compute(afterstates(board, [0]))
    assert rows.dtype == np.float32
    assert len(rows) == len(feature_set(name).names(10)) == count


@given(boards(), st.integers(0, 6), st.sampled_from(sorted(FEATURES)))
def test_features_are_within_their_bound(board: NDArray[np.bool_], piece: int, name: str) -> None:
    rows = feature_set(name).compute(afterstates(board, [piece]))
    assert np.abs(rows).max() <= feature_bound(board.shape[1], board.shape[0])


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(TetrisError, match="features='fahey' is unknown; it must be one of"):
        feature_set("fahey")
