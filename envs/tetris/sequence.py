"""Which pieces come: a stream of them for each board, from the board's own random numbers."""

import numpy as np
from numpy.typing import NDArray

Selection = NDArray[np.int64] | slice
"""Which of several boards: their indices, or `slice(None)` for all of them."""

ALL = slice(None)

BLOCK = 64
"""Least number of pieces drawn at once, since single random numbers are slow to draw."""


class PieceStreams:
    """Streams of pieces, one for each board.

    Args:
        boards: How many boards.
        kinds: How many pieces there are.
        bag: Whether pieces come from a shuffled bag that is refilled when empty; otherwise they
            are uniform and independent.
    """

    def __init__(self, boards: int, kinds: int, bag: bool) -> None:
        """Make room for the streams; each must be started before it is drawn from."""
        self._kinds, self._bag = kinds, bag
        self._bags = -(-BLOCK // kinds)
        self._block = self._bags * kinds if bag else BLOCK
        self._queue = np.zeros((boards, self._block), np.int64)
        self._rows = np.arange(boards)
        self._position = np.full(boards, self._block)
        self._generators: dict[int, np.random.Generator] = {}

    def start(self, board: int, generator: np.random.Generator) -> None:
        """Begin a board's stream anew from a generator, which it goes on using."""
        self._generators[board] = generator
        self._refill(board)

    def draw(self, boards: Selection) -> NDArray[np.int64]:
        """Return the next piece of each of these boards, whose indices must differ."""
        rows, position = self._rows[boards], self._position[boards]
        if position.max(initial=0) == self._block:
            for board in rows[position == self._block]:
                self._refill(int(board))
            position = self._position[boards]
        drawn: NDArray[np.int64] = self._queue[rows, position]
        self._position[boards] += 1
        return drawn

    def keep(self, boards: NDArray[np.int64]) -> None:
        """Go on with some of the streams only, which get the numbers from 0 up."""
        self._queue, self._position = self._queue[boards], self._position[boards]
        self._rows = np.arange(len(boards))
        self._generators = {new: self._generators[int(old)] for new, old in enumerate(boards)}

    def _refill(self, board: int) -> None:
        generator = self._generators[board]
        if self._bag:
            bags = np.tile(np.arange(self._kinds), (self._bags, 1))
            self._queue[board] = generator.permuted(bags, axis=1).ravel()
        else:
            self._queue[board] = generator.integers(self._kinds, size=self._block)
        self._position[board] = 0
