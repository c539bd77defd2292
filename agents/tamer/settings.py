"""What determines a run of TAMER."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .credit import Credit
from .model import FEATURES

TamerTeacher: TypeAlias = Literal["scripted", "human"]

Place: TypeAlias = Literal["terminal", "page"]
"""Where a person watches: at the terminal, or on a page in the browser."""

STEP_SIZE = 5e-6 / 47
"""TetrisTamerExpHelper.java: 0.000005 ÷ the number of features, 46 and the bias."""


@dataclass(frozen=True)
class TamerSettings:
    """Everything that determines a run of TAMER.

    Attributes:
        env: Gymnasium id of Tetris, in `module:Id` form.
        run: The run's name in the label store.
        seed: Fixes everything but what people do.
        teacher: Who gives feedback.
        task: The sentence that tells people what to judge by.
        games: Games that are played with feedback.
        rated_share: Share of the placements that the scripted trainer rates, in [0, 1].
        wrong_share: Share of its feedback whose sign is wrong, in [0, 1].
        credit: Which placements feedback is about.
        step_size: Of the incremental gradient step.
        place: Where a person watches.
        speed: Placements per second at first, where a person watches.
        most_pieces: Pieces after which a game is broken off.
        eval_games: Games that are played afterwards, without feedback.
        env_kwargs: Arguments for the environment.
    """

    env: str
    run: str
    seed: int = 0
    teacher: TamerTeacher = "scripted"
    task: str = ""
    games: int = 3
    rated_share: float = 1.0
    wrong_share: float = 0.0
    credit: Credit = "previous"
    step_size: float = STEP_SIZE
    place: Place = "terminal"
    speed: float = 1.0
    most_pieces: int = 50_000
    eval_games: int = 20
    env_kwargs: dict[str, Any] = field(default_factory=lambda: {"features": FEATURES})

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "TamerSettings":
        """Rebuild settings from what `to_json` returned."""
        return TamerSettings(**values)
