"""A batch of games, played one placement at a time on all boards at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .afterstates import Afterstates, build_afterstates, clear_rows
from .boards import Columns, column_dtype, floor_rows
from .pieces import list_placements
from .sequence import ALL, PieceStreams, Selection
from .settings import Settings

Indices = NDArray[np.int64]

KEPT = (
    *("piece", "next_piece", "last_piece", "lines", "count", "last_lines"),
    *("lost", "numbers"),
)
"""What games have one of each."""


class Games:
    """B games on the same rules, with every placement of their current pieces worked out.

    Args:
        boards: How many games.
        settings: Their rules.

    Attributes:
        columns: The boards as columns of bits, `[width, B]`.
        placed: What is left of each board's last piece, `[width, B]`.
        piece: Index of the current piece among `settings.pieces`, `[B]`.
        next_piece: Index of the one after it, `[B]`.
        last_piece: Index of the piece placed last, `[B]`.
        lines: Lines removed so far, `[B]`.
        count: Pieces placed so far, `[B]`.
        last_lines: Lines removed by the last placement, `[B]`.
        lost: Which games are lost, `[B]`.
        numbers: What each game was numbered at first, before `keep`, `[B]`.
        placements: All placements of all pieces.
    """

    def __init__(self, boards: int, settings: Settings) -> None:
        """Set up empty boards; each game must be started before it is played."""
        self.settings = settings
        self._dtype = column_dtype(settings.height)
        self._inside = floor_rows(settings.height, self._dtype)
        self.placements = list_placements(settings.pieces, settings.width, self._dtype)
        self._streams = PieceStreams(boards, len(settings.pieces), settings.pieces_from == "bag")
        self.columns = np.zeros((settings.width, boards), self._dtype)
        self.placed = np.zeros_like(self.columns)
        self.piece, self.next_piece, self.last_piece = np.zeros((3, boards), np.int64)
        self.lines, self.count, self.last_lines = np.zeros((3, boards), np.int64)
        self.lost = np.zeros(boards, np.bool_)
        self.numbers = np.arange(boards)
        self._afterstates: Afterstates | None = None

    def __len__(self) -> int:
        """Return the number of games."""
        return len(self.piece)

    @property
    def afterstates(self) -> Afterstates:
        """What every placement of the current pieces leaves behind."""
        if self._afterstates is None:
            self._afterstates = self._build(self.columns, self.piece)
        return self._afterstates

    def afterstates_of(self, boards: Selection) -> Afterstates:
        """Return what every placement of some boards' pieces leaves behind."""
        if boards is ALL:
            return self.afterstates
        return self._build(self.columns[:, boards], self.piece[boards])

    def _build(self, columns: Columns, pieces: Indices) -> Afterstates:
        height, top = self.settings.height, self.settings.top
        return build_afterstates(columns, pieces, self.placements, height, top)

    @property
    def choices(self) -> Indices:
        """How many placements each board's piece has, `[B]`."""
        counts: Indices = self.placements.counts[self.piece]
        return counts

    def start(self, boards: Indices, generators: list[np.random.Generator]) -> None:
        """Start games anew.

        Args:
            boards: Which of them, each once.
            generators: Where their pieces come from, one each.
        """
        for board, generator in zip(boards, generators, strict=True):
            self._streams.start(int(board), generator)
        self.columns[:, boards] = 0
        self.placed[:, boards] = 0
        for counted in (self.lines, self.count, self.last_lines):
            counted[boards] = 0
        self.lost[boards] = False
        self.piece[boards] = self._streams.draw(boards)
        self.next_piece[boards] = self._streams.draw(boards)
        self._afterstates = None

    def place(self, boards: Selection, actions: Indices) -> None:
        """Place the current pieces of some boards.

        Args:
            boards: Which boards, each once; `slice(None)` for all.
            actions: The placement for each, from 0 to its `choices` − 1.
        """
        after = self.afterstates
        chosen = after.starts[:-1][boards] + actions
        columns, placed = after.columns.take(chosen, axis=1), after.piece.take(chosen, axis=1)
        self._go_on(boards, columns, placed, after.lines[chosen].astype(np.int64))

    def settle(self, cells: Columns) -> None:
        """Make the current pieces of all boards part of their walls, wherever they are.

        Args:
            cells: Where the pieces are, over empty cells, `[width, B]`.
        """
        columns, cells = self.columns | cells, cells.copy()
        lines, _ = clear_rows(columns, cells, self.settings.top)
        self._go_on(ALL, columns, cells, lines.astype(np.int64))

    def _go_on(self, boards: Selection, columns: Columns, placed: Columns, lines: Indices) -> None:
        self.columns[:, boards] = columns & self._inside
        self.placed[:, boards] = placed
        self.lost[boards] = np.bitwise_or.reduce(columns, axis=0) >> self.settings.ceiling != 0
        self.last_lines[boards] = lines
        self.lines[boards] += lines
        self.count[boards] += 1
        self.last_piece[boards] = self.piece[boards]
        self.piece[boards] = self.next_piece[boards]
        self.next_piece[boards] = self._streams.draw(boards)
        self._afterstates = None

    def keep(self, boards: Indices) -> None:
        """Go on with some of the games only, which get the numbers from 0 up."""
        self._streams.keep(boards)
        self.columns, self.placed = self.columns[:, boards], self.placed[:, boards]
        for name in KEPT:
            setattr(self, name, getattr(self, name)[boards])
        self._afterstates = None

    def set_board(self, board: int, columns: NDArray[Any], piece: int) -> None:
        """Put a board and its current piece in place, as for analysing a position.

        Args:
            board: Which game.
            columns: Columns of bits, `[width]`, nothing above the board's height.
            piece: Index of the current piece.
        """
        self.columns[:, board] = columns
        self.placed[:, board] = 0
        self.piece[board] = piece
        self._afterstates = None
