"""TAMER at play: greedy placements, each written down, and a model that learns from feedback."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from prefrl.environments import make
from prefrl.envs.tetris.games import Games
from prefrl.envs.tetris.sequence import ALL
from prefrl.envs.tetris.single_env import TetrisEnv
from prefrl.errors import UserError
from prefrl.feedback import Feedback, FeedbackLedger, ShownStep
from prefrl.seeding import integer_seed

from .learner import Learner
from .model import ReinforcementModel
from .settings import TamerSettings


@dataclass(frozen=True)
class Game:
    """A game as far as it was played.

    Attributes:
        lines: Lines removed.
        pieces: Pieces placed.
    """

    lines: int
    pieces: int


def make_tetris(env_id: str, env_kwargs: Mapping[str, Any]) -> TetrisEnv:
    """Return the game of a run.

    Raises:
        UserError: If the environment is not Tetris, or cannot be made.
    """
    env = make(env_id, env_kwargs).unwrapped
    if not isinstance(env, TetrisEnv):
        raise UserError(
            f"TAMER judges placements of Tetris, which {env_id.rpartition(':')[2]} has not; "
            "use prefrl/Tetris-v0, or --agent ppo"
        )
    return env


class Player:
    """Plays the games of a run one after the other, from where the label store has them.

    Args:
        settings: What determines the run.
        ledger: The run's part of the label store.

    Attributes:
        env: The game.
        learner: What learns.
        past: The games that are over.
    """

    def __init__(self, settings: TamerSettings, ledger: FeedbackLedger) -> None:
        """Learn from the store again, and play again what it has of the games."""
        self.settings = settings
        self.env = make_tetris(settings.env, settings.env_kwargs)
        model = ReinforcementModel(self.env.settings.width, self.env.settings.features)
        self.learner = Learner(model, settings.credit, settings.step_size)
        self.past: list[Game] = []
        self._begin()
        self._restore(ledger)

    @property
    def games(self) -> Games:
        """The board that is played on."""
        return self.env.games

    @property
    def game(self) -> Game:
        """The game that is played."""
        return Game(int(self.games.lines[0]), int(self.games.count[0]))

    @property
    def ended(self) -> bool:
        """Whether the game that is played is lost or was broken off."""
        return bool(self.games.lost[0]) or self.game.pieces >= self.settings.most_pieces

    @property
    def finished(self) -> bool:
        """Whether all games are over."""
        return len(self.past) == self.settings.games

    @property
    def steps(self) -> int:
        """Placements so far, in all games."""
        return len(self.learner.steps)

    def choose(self, clock: float) -> int:
        """Learn from what nothing more is said about, and choose the next placement."""
        self.learner.settle(clock)
        return int(self.learner.model.choose(self.games)[0])

    def place(self, action: int, clock: float, *, trains: bool = True) -> ShownStep:
        """Place the current piece, and return what is shown then.

        Args:
            action: Which placement.
            clock: The present, in seconds of the session's clock.
            trains: Whether the agent learns from what is said about it.
        """
        model, games = self.learner.model, self.games
        before = model.board_features(games.columns, self.env.settings.height)[0]
        after = model.candidates(games)[:, action]
        episode = len(self.past) + 1
        step = ShownStep(self.steps + 1, episode, action, clock, trains, after - before)
        games.place(ALL, np.array([action]))
        self.learner.show(step)
        return step

    def close_game(self) -> None:
        """Put the game that has ended with the past ones, and begin the next."""
        self.past.append(self.game)
        if not self.finished:
            self._begin()

    def _begin(self) -> None:
        self.env.reset(seed=integer_seed(self.settings.seed, "game", len(self.past)))

    def _restore(self, ledger: FeedbackLedger) -> None:
        for step in ledger.shown():
            if step.episode > len(self.past) + 1:
                self.close_game()
            if step.step != self.steps + 1 or step.episode != len(self.past) + 1:
                raise UserError(
                    f"the label store lacks placement {self.steps + 1} of {self.settings.run}, so "
                    "its games cannot be gone on with; begin a new run"
                )
            self.games.place(ALL, np.array([step.action]))
            self.learner.show(step)
        self.learner.replace_feedback(ledger.standing())

    def tally(self) -> tuple[int, int]:
        """Return how many pieces of feedback that stand are good, and how many bad."""
        values = [piece.value for piece in self.learner.feedback]
        return sum(value > 0 for value in values), sum(value < 0 for value in values)


def scripted_feedback(step: ShownStep, value: float, given_at: float) -> Feedback:
    """Return the scripted trainer's feedback about what is shown."""
    token = f"scripted {step.step}"
    return Feedback(value, "scripted", step.step, step.shown_at, given_at, token)
