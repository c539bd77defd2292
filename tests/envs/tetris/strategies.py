"""Boards for property tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray


@st.composite
def boards(draw: st.DrawFn) -> NDArray[np.bool_]:
    """Draw a board without full rows, the lowest row first."""
    height = draw(st.sampled_from([4, 10, 20, 28, 29, 60]))
    width = draw(st.sampled_from([4, 7, 10, 13]))
    filled = draw(st.integers(0, height))
    cells = draw(arrays.arrays(np.bool_, (filled, width)))
    board = np.zeros((height, width), np.bool_)
    board[:filled] = cells
    gaps = draw(st.lists(st.integers(0, width - 1), min_size=height, max_size=height))
    # Rows that are full but for one cell are what games are made of.
    almost = draw(st.lists(st.booleans(), min_size=height, max_size=height))
    for row in range(filled):
        board[row] |= almost[row]
        board[row, gaps[row]] = False
    return board
