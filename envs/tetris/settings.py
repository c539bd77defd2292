"""What can be chosen about a game of Tetris."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from .boards import check_size
from .errors import TetrisError
from .features import feature_set
from .pieces import PIECE_NAMES, check_names

GameOver = Literal["overflow", "spawn", "after_lines"]
PiecesFrom = Literal["uniform", "bag"]
Reward = Literal["lines", "score"]
JudgedBy = Literal["reward", "dellacherie"]
Illegal = Literal["wrap", "raise"]

SPAWN_ROWS = 2
"""Uppermost rows that must stay empty with `game_over="spawn"` (mdptetris, src/game.c)."""


@dataclass(frozen=True)
class Settings:
    """A game's rules, and what an agent is told and paid.

    Raises:
        TetrisError: If a value is impossible.
    """

    width: int = 10
    """Columns of the board, from 4 to 100."""
    height: int = 20
    """Rows of the board, from 4 to 60."""
    pieces: str = PIECE_NAMES
    """The pieces that come, by their letters."""
    pieces_from: PiecesFrom = "uniform"
    """Independent and uniform pieces, or a shuffled bag that is refilled when empty."""
    game_over: GameOver = "overflow"
    """When a game is lost; `prefrl.envs.tetris` has the rules."""
    reward: Reward = "lines"
    """Lines removed by a placement; or their score, 2^(k − 1) for k > 0 lines (RL-Library)."""
    judged_by: JudgedBy = "reward"
    """What a synthetic teacher adds up to compare stretches of a game: the reward, or ratings of
    the placements (see `ratings`), which are in `info["segment_reward"]`."""
    features: str = "bcts"
    """Features of the candidates: dellacherie, bcts, dt, bertsekas or knox."""
    next_piece: bool = False
    """Whether the next piece is observed too."""
    illegal: Illegal = "wrap"
    """What an action does that the piece has no placement for: one that has n placements takes
    action k as k mod n; or raise IllegalPlacementError."""

    def __post_init__(self) -> None:
        """Check every value."""
        check_size(self.width, self.height)
        check_names(self.pieces)
        feature_set(self.features)
        check_choices(self, Settings)

    @property
    def ceiling(self) -> int:
        """The lowest row in which a filled cell loses the game."""
        return self.height - (SPAWN_ROWS if self.game_over == "spawn" else 0)

    @property
    def top(self) -> int | None:
        """The lowest row in which a piece's cell keeps it from removing lines, if there is one."""
        return None if self.game_over == "after_lines" else self.height


def check_choices(settings: Any, owner: type) -> None:
    """Raise a TetrisError if a field is none of its Literal's values."""
    hints: Mapping[str, Any] = get_type_hints(owner)
    for field in fields(settings):
        choices = get_args(hints[field.name])
        value = getattr(settings, field.name)
        if choices and value not in choices:
            listed = " or ".join(map(repr, choices))
            raise TetrisError(f"{field.name}={value!r} is impossible; it must be {listed}")
