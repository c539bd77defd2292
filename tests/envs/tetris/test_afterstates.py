"""Tests of envs/tetris/afterstates.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefrl.envs.tetris.afterstates import (
    Afterstates,
    boards_as_they_are,
    build_afterstates,
)
from prefrl.envs.tetris.boards import ROOM, column_dtype, pack, unpack
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.pieces import PIECE_NAMES, list_placements, orientations

from .reference import drop, placements
from .strategies import boards

pytestmark = pytest.mark.usefixtures("both_ways")


def afterstates(board: NDArray[np.bool_], pieces: list[int], lenient: bool = True) -> Afterstates:
    height, width = board.shape
    dtype = column_dtype(height)
    columns = np.repeat(pack(board[None, ::-1], dtype), len(pieces), axis=1)
    placed = list_placements(PIECE_NAMES, width, dtype)
    return build_afterstates(columns, np.array(pieces), placed, height, None if lenient else height)


@settings(max_examples=60, deadline=None)
@given(boards(), st.lists(st.integers(0, 6), min_size=1, max_size=3), st.booleans())
def test_every_afterstate_is_what_dropping_the_piece_gives(
    board: NDArray[np.bool_], pieces: list[int], lenient: bool
) -> None:
    height, width = board.shape
    after = afterstates(board, pieces, lenient)
    found = unpack(after.columns, height + ROOM)[:, ::-1]
    index = 0
    for number, piece in enumerate(pieces):
        assert after.starts[number] == index
        for cells, left in placements(PIECE_NAMES[piece], width):
            expected, lines, eroded, row = drop(board, cells, left, lenient)
            np.testing.assert_array_equal(found[index], expected)
            assert after.lines[index] == lines
            assert after.eroded[index] == eroded
            assert after.landing[index] == row + (cells.shape[0] - 1) / 2
            index += 1
    assert after.starts[-1] == index == len(after.lines)


@given(boards(), st.integers(0, 6))
def test_cells_are_conserved(board: NDArray[np.bool_], piece: int) -> None:
    width = board.shape[1]
    after = afterstates(board, [piece])
    cells = np.bitwise_count(after.columns).sum(axis=0, dtype=np.int64)
    np.testing.assert_array_equal(cells, board.sum() + 4 - width * after.lines.astype(np.int64))


@given(boards(), st.integers(0, 6))
def test_what_is_left_of_the_piece_is_part_of_the_board(
    board: NDArray[np.bool_], piece: int
) -> None:
    after = afterstates(board, [piece])
    np.testing.assert_array_equal(after.piece & after.columns, after.piece)
    left = np.bitwise_count(after.piece).sum(axis=0)
    eroded = np.where(after.lines > 0, after.eroded // np.maximum(after.lines, 1), 0)
    np.testing.assert_array_equal(left + eroded, 4)


def test_four_rows_go_at_once() -> None:
    board = np.zeros((10, 4), np.bool_)
    board[:4, 1:] = True
    board[4, 1] = True
    after = afterstates(board, [PIECE_NAMES.index("I")])
    upright = len(placements("I", 4)) - 4  # the first of the upright placements, in column 0
    assert orientations("I")[1].shape == (4, 1)
    assert after.lines[upright] == 4
    assert after.eroded[upright] == 16
    assert after.columns[:, upright].tolist() == [0, 1, 0, 0]
    assert after.piece[:, upright].tolist() == [0, 0, 0, 0]


def test_a_board_is_lost_when_it_reaches_the_ceiling() -> None:
    board = np.zeros((4, 5), np.bool_)
    board[:2, 0] = True
    after = afterstates(board, [PIECE_NAMES.index("O")])
    assert after.lost(4).tolist() == [False] * 4
    assert after.lost(3).tolist() == [True, False, False, False]


def test_boards_as_they_are_have_the_features_of_the_afterstates_that_led_to_them() -> None:
    board = np.zeros((8, 6), np.bool_)
    board[0, :4] = board[2, 1] = True
    after = afterstates(board, [0, 2], lenient=False)
    as_they_are = boards_as_they_are(after.columns, after.height)
    for name in ("knox", "bertsekas"):
        compute = feature_set(name).compute
        np.testing.assert_array_equal(compute(as_they_are), compute(after))
