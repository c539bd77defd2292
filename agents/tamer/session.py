"""A person watches TAMER play and judges it: the live session."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable

from prefrl.drawing import Frame
from prefrl.envs.tetris.single_env import render_snapshot
from prefrl.feedback import Feedback, FeedbackLedger
from prefrl.labelling.live_session import LiveState

from .player import Player

SLOWEST, FASTEST = 0.1, 20.0
"""Limits of the speed, in placements per second."""


class TamerSession:
    """TAMER at play while people watch; a `LiveSession`.

    Each placement and all feedback is in the label store as soon as it is there.

    Args:
        player: Who plays.
        ledger: The run's part of the label store.
        on_game: Called after every game.
        now: Gives seconds that go on steadily.
        wall: Gives seconds since 1970.
    """

    def __init__(
        self,
        player: Player,
        ledger: FeedbackLedger,
        *,
        on_game: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Wait for `run`."""
        self.task = player.settings.task
        self._player, self._ledger, self._on_game = player, ledger, on_game
        self._now, self._wall = now, wall
        self._changed = threading.Condition(threading.RLock())
        self._speed = player.settings.speed
        self._paused, self._training, self._stopped = False, True, False
        steps, feedback = player.learner.steps, player.learner.feedback
        before = [step.shown_at for step in steps[-1:]] + [piece.clock for piece in feedback]
        self._clock = self._shown_at = max(before, default=0.0)
        self._since: float | None = None  # when the clock was started, while it goes

    @property
    def clock(self) -> float:
        """Seconds that the session has gone on, without pauses."""
        return self._clock + (0.0 if self._since is None else self._now() - self._since)

    @property
    def finished(self) -> bool:
        """Whether all games are over."""
        return self._player.finished

    def run(self) -> None:
        """Play until all games are over or the session is stopped."""
        with self._changed:
            self._start_or_stop_clock(not self._paused)
            while not (self._player.finished or self._stopped):
                due = self._shown_at + 1 / self._speed - self.clock
                if self._paused or due > 0:
                    self._changed.wait(None if self._paused else due)
                else:
                    self.advance()
            self._start_or_stop_clock(False)

    def advance(self) -> None:
        """Make the next placement; after a game has ended, show the next game's empty board."""
        with self._changed:
            clock = self.clock
            if self._player.finished:
                return
            if self._player.ended:
                self._close_game(clock)
            else:
                action = self._player.choose(clock)
                step = self._player.place(action, clock, trains=self._training)
                self._ledger.write([step])
            self._shown_at = clock

    def _close_game(self, clock: float) -> None:
        self._player.learner.settle(clock)
        self._player.close_game()
        if self._player.finished:
            self._player.learner.finish()
        self._on_game()

    def stop(self) -> None:
        """End `run` soon."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def state(self) -> LiveState:
        """Return how the session stands."""
        with self._changed:
            good, bad = self._player.tally()
            return LiveState(
                step=self._player.steps,
                episode=min(len(self._player.past) + 1, self._player.settings.games),
                episodes=self._player.settings.games,
                episode_return=float(self._player.game.lines),
                good=good,
                bad=bad,
                steps_per_second=self._speed,
                paused=self._paused,
                training=self._training,
                finished=self._player.finished or self._stopped,
            )

    def frame(self) -> tuple[int, Frame]:
        """Return the number of the placement that is shown, and its picture."""
        with self._changed:
            steps, snapshot = self._player.steps, self._player.env.snapshot()
        return steps, self._player.env.draw(snapshot)

    def text(self) -> str:
        """Return the board as text."""
        with self._changed:
            snapshot = self._player.env.snapshot()
        return str(render_snapshot(snapshot, self._player.env.settings, "ansi"))

    def feedback(self, value: float, *, labeller: str, given_at: float, token: str) -> bool:
        """Say that what is shown is good (above 0) or bad (below 0)."""
        with self._changed:
            if self._player.finished:
                return False
            clock = self._clock_at(given_at)
            steps = self._player.learner.steps
            step = bisect_right(steps, clock, key=lambda shown: shown.shown_at)
            piece = Feedback(value, labeller, step, clock, given_at, token)
            written = self._ledger.write([], [piece]) == 1
            if written:
                self._player.learner.give(piece)
            return written

    def undo(self, *, labeller: str, token: str) -> bool:
        """Take back a labeller's last feedback that stands; the model never heard of it."""
        with self._changed:
            undone = not self._player.finished and self._ledger.undo(token, labeller, self._wall())
            if undone:
                self._player.learner.replace_feedback(self._ledger.standing())
            return undone

    def set_speed(self, steps_per_second: float) -> None:
        """Let the agent play faster or slower, from 0.1 to 20 placements a second."""
        with self._changed:
            self._speed = min(max(steps_per_second, SLOWEST), FASTEST)
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        """Hold the agent and the session's clock, or let them go on."""
        with self._changed:
            self._paused = paused
            self._start_or_stop_clock(not paused)
            self._changed.notify_all()

    def train(self, training: bool) -> None:
        """Let the agent learn from feedback about the placements from the next one on, or not."""
        with self._changed:
            self._training = training

    def _clock_at(self, given_at: float) -> float:
        late = 0.0 if self._paused else max(0.0, self._wall() - given_at)
        return max(0.0, self.clock - late)

    def _start_or_stop_clock(self, going: bool) -> None:
        self._clock = self.clock
        self._since = self._now() if going else None
