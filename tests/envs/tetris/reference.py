"""A plain Tetris to compare with: cell by cell, one board at a time."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from prefrl.envs.tetris.pieces import orientations

Cells = NDArray[np.bool_]
"""A board with the lowest row first."""


def drop(board: Cells, piece: Cells, left: int, lenient: bool) -> tuple[Cells, int, int, int]:
    """Drop a piece; return the board with its room above, lines, eroded cells, resting row."""
    height, width = board.shape
    tall = np.zeros((height + 8, width), np.bool_)
    tall[:height] = board
    row = height
    while row > 0 and not overlaps(tall, piece, row - 1, left):
        row -= 1
    mine = np.zeros_like(tall)
    mine[row : row + piece.shape[0], left : left + piece.shape[1]] = piece
    full: Cells = np.asarray((tall | mine).all(axis=1))
    if not lenient and row + piece.shape[0] > height:
        full[:] = False
    lines = int(full.sum())
    kept = (tall | mine)[~full]
    after = np.zeros((height + 4, width), np.bool_)
    after[: min(len(kept), height + 4)] = kept[: height + 4]
    return after, lines, lines * int(mine[full].sum()), row


def overlaps(board: Cells, piece: Cells, row: int, left: int) -> bool:
    part = board[row : row + piece.shape[0], left : left + piece.shape[1]]
    return bool((part & piece).any())


def placements(name: str, width: int) -> list[tuple[Cells, int]]:
    """Return every orientation at every column, in the order of actions."""
    return [
        (piece, left) for piece in orientations(name) for left in range(width - piece.shape[1] + 1)
    ]


def column_heights(board: Cells) -> list[int]:
    return [int(np.flatnonzero(column).max(initial=-1)) + 1 for column in board.T]


def hole_cells(board: Cells) -> Cells:
    covered = np.arange(len(board))[:, None] < column_heights(board)
    return ~board & covered


def row_transitions(board: Cells, height: int) -> int:
    total = 0
    for row, line in enumerate(board):
        wall = row < height
        total += sum(a != b for a, b in pairwise([wall, *line.tolist(), wall]))
    return total


def column_transitions(board: Cells) -> int:
    return sum(
        sum(a != b for a, b in pairwise([True, *column.tolist(), False])) for column in board.T
    )


def is_well(board: Cells, row: int, column: int, height: int) -> bool:
    wall = row < height
    left = board[row, column - 1] if column else wall
    right = board[row, column + 1] if column + 1 < board.shape[1] else wall
    return bool(not board[row, column] and left and right)


def cumulative_wells(board: Cells, height: int) -> int:
    total = 0
    for row, column in np.ndindex(board.shape):
        if is_well(board, row, column, height):
            below = row
            while below >= 0 and not board[below, column]:
                total += 1
                below -= 1
    return total


def fast_wells(board: Cells, height: int) -> int:
    total = 0
    for column in range(board.shape[1]):
        run = 0
        for row in reversed(range(board.shape[0])):
            if board[row, column]:
                run = 0
            elif run or is_well(board, row, column, height):
                run += 1
            total += run
    return total


def hole_depth(board: Cells) -> int:
    above = [board[row] & ~board[row - 1] for row in range(1, len(board))]
    total = 0
    for row, starts in enumerate(above, start=1):
        for column in np.flatnonzero(starts):
            top = row
            while top < len(board) and board[top, column]:
                total += 1
                top += 1
    return total


def dt_features(board: Cells, height: int) -> list[float]:
    """Return all but landing height and eroded cells, with both kinds of wells at the end."""
    heights = column_heights(board)
    steps = {a - b for a, b in pairwise(heights)}
    holes = hole_cells(board)
    return [
        row_transitions(board, height),
        column_transitions(board),
        int(holes.sum()),
        hole_depth(board),
        int(holes.any(axis=1).sum()),
        len(steps & {-2, -1, 0, 1, 2}),
        cumulative_wells(board, height),
        fast_wells(board, height),
    ]


def open_well(board: Cells, column: int, height: int) -> int:
    """Return Knox's well depth: from the first well cell down to the column's top."""
    depth = 0
    for row in reversed(range(board.shape[0])):
        if board[row, column]:
            break
        if depth or is_well(board, row, column, height):
            depth += 1
    return depth
