"""The options of `prefrl train` that only TAMER has."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefrl.errors import UserError

from .credit import Credit
from .model import FEATURES
from .player import make_tetris
from .session import FASTEST, SLOWEST
from .settings import STEP_SIZE, Place, TamerSettings, TamerTeacher

TEACHERS: tuple[TamerTeacher, ...] = ("scripted", "human")

TASK = "Press + when a placement is good, - when it is bad."


@dataclass(frozen=True)
class TamerOptions:
    """Only with --agent tamer, which learns Tetris from feedback on its placements."""

    games: int = 3
    """TAMER: games that are played with feedback."""
    rated_share: float = 1.0
    """TAMER: share of the placements that the scripted trainer rates, in [0, 1]."""
    wrong_share: float = 0.0
    """TAMER: share of the scripted trainer's feedback whose sign is wrong, in [0, 1]."""
    credit: Credit | None = None
    """TAMER: what feedback is about: the placement that is shown ("previous", the default), or
    what was shown up to seconds before, by a density of the delay ("gamma", the default for people;
    "uniform")."""
    step_size: float = STEP_SIZE
    """TAMER: size of the incremental gradient step."""
    place: Place = "terminal"
    """TAMER: where a person watches: at the terminal, or on a page in the browser (see --port)."""
    speed: float = 1.0
    """TAMER: placements per second at first, where a person watches."""
    most_pieces: int = 50_000
    """TAMER: pieces after which a game is broken off."""
    eval_games: int = 20
    """TAMER: games that are played afterwards, without feedback, for the result."""

    def settings(
        self,
        env_id: str,
        folder: Path,
        *,
        seed: int,
        teacher: str | None,
        task: str,
        env_kwargs: dict[str, Any],
    ) -> TamerSettings:
        """Return the settings that the options stand for.

        Raises:
            UserError: If an option is out of range, or the environment is not Tetris.
        """
        self._check()
        make_tetris(env_id, env_kwargs).close()
        settings = TamerSettings(
            env=env_id,
            run=folder.resolve().name,
            seed=seed,
            teacher=_teacher(teacher),
            task=task or TASK,
            games=self.games,
            rated_share=self.rated_share,
            wrong_share=self.wrong_share,
            credit=self.credit or ("gamma" if teacher == "human" else "previous"),
            step_size=self.step_size,
            place=self.place,
            speed=self.speed,
            most_pieces=self.most_pieces,
            eval_games=self.eval_games,
            env_kwargs={"features": FEATURES, **env_kwargs},
        )
        if settings.teacher == "scripted" and settings.credit != "previous":
            raise UserError("the scripted trainer answers at once; it takes --credit previous")
        return settings

    def _check(self) -> None:
        for name, least in (("games", 1), ("most_pieces", 1), ("eval_games", 1)):
            _demand(getattr(self, name) >= least, name, f"at least {least}", self)
        for name in ("rated_share", "wrong_share"):
            _demand(0 <= getattr(self, name) <= 1, name, "in [0, 1]", self)
        _demand(0 < self.step_size < math.inf, "step_size", "above 0 and finite", self)
        speeds = f"from {SLOWEST:g} to {FASTEST:g}"
        _demand(SLOWEST <= self.speed <= FASTEST, "speed", speeds, self)


def _demand(holds: bool, name: str, words: str, options: TamerOptions) -> None:
    if not holds:
        flag = name.replace("_", "-")
        raise UserError(f"--{flag} must be {words}, not {getattr(options, name)}")


def _teacher(name: str | None) -> TamerTeacher:
    for teacher in TEACHERS:
        if name == teacher:
            return teacher
    if name is None:
        return "scripted"
    raise UserError(f"TAMER has no teacher {name!r}; it has: {', '.join(TEACHERS)}")
