"""Play given placements on tetris-gymnasium and write the boards and the lines that it gives.

Run in that package's own virtual environment, on a file that tests/benchmarks/tetris_referee.py
wrote.
"""

import sys
from typing import Any

import numpy as np
from tetris_gymnasium.envs import Tetris

NAMES = "IOTSZJL"
"""The package's order of pieces."""


def trimmed(matrix: Any) -> Any:
    """Return a piece's cells without empty rows and columns."""
    rows, columns = np.flatnonzero(matrix.any(axis=1)), np.flatnonzero(matrix.any(axis=0))
    return matrix[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] > 0


def turned(env: Any, name: str, cells: Any) -> Any:
    """Return the package's own piece, turned by it until it looks as asked for.

    Raises:
        SystemExit: If no turn does.
    """
    piece = env.tetrominoes[NAMES.index(name)]
    for _ in range(4):
        if np.array_equal(trimmed(piece.matrix), cells):
            return piece
        piece = env.rotate(piece)
    raise SystemExit(f"no turn of {name} looks like {cells.astype(int).tolist()}")


def main() -> None:
    """Read placements, play them, write boards and lines."""
    source, target = sys.argv[1:]
    given = np.load(source)
    height, width = (int(x) for x in given["size"])
    env: Any = Tetris(width=width, height=height, gravity=False)
    boards, lines = [], []
    for name, matrix, left, fresh in zip(
        given["names"], given["cells"], given["left"], given["fresh"], strict=True
    ):
        if fresh:
            env.reset(seed=1)
        env.active_tetromino = turned(env, str(name), trimmed(matrix))
        first = int(np.flatnonzero(env.active_tetromino.matrix.any(axis=0))[0])
        env.x, env.y = env.padding + int(left) - first, 0
        _, _, _, _, info = env.step(env.actions.hard_drop)
        boards.append(env.crop_padding(env.board) > 0)
        lines.append(int(info["lines_cleared"]))
    np.savez(target, boards=np.array(boards), lines=np.array(lines))


if __name__ == "__main__":
    main()
