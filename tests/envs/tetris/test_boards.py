"""Tests of envs/tetris/boards.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefrl.envs.tetris.boards import (
    check_size,
    column_dtype,
    fill_below,
    full_rows,
    heights,
    pack,
    remove_rows,
    unpack,
)
from prefrl.envs.tetris.errors import TetrisError

from .reference import column_heights, hole_cells
from .strategies import boards


@given(boards())
def test_packed_boards_unpack_to_themselves(board: NDArray[np.bool_]) -> None:
    height = len(board)
    columns = pack(board[None, ::-1], column_dtype(height))
    np.testing.assert_array_equal(unpack(columns, height)[0], board[::-1])


@given(boards())
def test_heights_and_holes_are_those_counted_cell_by_cell(board: NDArray[np.bool_]) -> None:
    height = len(board)
    columns = pack(board[None, ::-1], column_dtype(height))
    assert heights(columns, height)[:, 0].tolist() == column_heights(board)
    holes = unpack(fill_below(columns, height) ^ columns, height)[0]
    np.testing.assert_array_equal(holes[::-1], hole_cells(board))


@given(boards(), st.data())
def test_removed_rows_are_gone_and_the_others_keep_their_order(
    board: NDArray[np.bool_], data: st.DataObject
) -> None:
    height = len(board)
    rows = data.draw(st.sets(st.integers(0, height - 1), max_size=4))
    dtype = column_dtype(height)
    columns = pack(board[None, ::-1], dtype)
    removed = np.array([sum(1 << row for row in rows)], dtype)
    after = unpack(remove_rows(columns, removed), height)[0, ::-1]
    kept = np.delete(board, sorted(rows), axis=0)
    np.testing.assert_array_equal(after[: len(kept)], kept)
    assert not after[len(kept) :].any()


def test_full_rows_are_found() -> None:
    columns = np.array([[0b1011], [0b1010], [0b1110]], np.uint32)
    assert full_rows(columns).tolist() == [0b1010]


@pytest.mark.parametrize(
    ("width", "height", "fault"),
    [(3, 20, "width=3 "), (10, 61, "height=61 "), (101, 20, "width=101 "), (10, 0, "height=0 ")],
)
def test_impossible_sizes_are_refused(width: int, height: int, fault: str) -> None:
    with pytest.raises(TetrisError, match=fault):
        check_size(width, height)


def test_a_size_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(TetrisError, match=r"width=4\.5 must be a whole number"):
        check_size(4.5, 20)  # type: ignore[arg-type]
