"""Tests of envs/tetris/pieces.py."""

import numpy as np
import pytest

from prefrl.envs.tetris.errors import TetrisError
from prefrl.envs.tetris.pieces import PIECE_NAMES, check_names, list_placements, orientations

UINT32 = np.dtype(np.uint32)


def test_pieces_have_their_known_numbers_of_placements_on_ten_columns() -> None:
    placements = list_placements(PIECE_NAMES, 10, UINT32)
    counts = dict(zip(PIECE_NAMES, placements.counts.tolist(), strict=True))
    assert counts == {"I": 17, "O": 9, "T": 34, "S": 17, "Z": 17, "J": 34, "L": 34}
    assert placements.most == 34


@pytest.mark.parametrize("name", PIECE_NAMES)
def test_orientations_are_four_cells_and_differ(name: str) -> None:
    turned = orientations(name)
    assert all(cells.sum() == 4 for cells in turned)
    assert len({(cells.shape, cells.tobytes()) for cells in turned}) == len(turned)


def test_the_next_orientation_is_a_turn_clockwise() -> None:
    upright = orientations("J")[1]  # J lies as "#.." over "###"; clockwise its hook is right of up
    assert upright[::-1].tolist() == [[True, True], [True, False], [True, False]]


def test_columns_of_bits_are_the_cells() -> None:
    placements = list_placements("S", 4, UINT32)
    assert placements.bits[:, 0].tolist() == [0b01, 0b11, 0b10, 0]
    assert placements.lowest[:3, 0].tolist() == [0, 0, 1]
    assert placements.middle.tolist() == [0.5, 0.5, 1.0, 1.0, 1.0]
    assert placements.left.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize(("names", "fault"), [("IX", "no piece 'X'"), ("", "one"), ("II", "twice")])
def test_impossible_pieces_are_refused(names: str, fault: str) -> None:
    with pytest.raises(TetrisError, match=fault):
        check_names(names)
