"""What a page or a terminal needs of an agent that acts while somebody watches and judges it."""

from dataclasses import dataclass
from typing import Protocol

from prefrl.drawing import Frame


@dataclass(frozen=True)
class LiveState:
    """How a live session stands.

    Attributes:
        step: Steps that the agent has taken in the whole session; the frame shows the last of them.
        episode: Episodes begun, from 1.
        episodes: Episodes of the whole session.
        episode_return: True return of this episode so far; for Tetris, lines.
        good: Pieces of positive feedback that stand.
        bad: Pieces of negative feedback that stand.
        steps_per_second: How fast the agent acts.
        paused: Whether it waits for `pause(False)`.
        training: Whether it learns from feedback.
        finished: Whether the session is over; then nothing that is asked of it has an effect.
    """

    step: int
    episode: int
    episodes: int
    episode_return: float
    good: int
    bad: int
    steps_per_second: float
    paused: bool
    training: bool
    finished: bool


class LiveSession(Protocol):
    """An agent that acts at a pace that people can watch, and learns from what they say.

    `run` is called once, by a thread of its own; everything else may be called by any thread and
    returns without waiting for the agent's next step.
    """

    task: str
    """The sentence that tells people what to judge by."""

    def run(self) -> None:
        """Let the agent act until the session is over or stopped."""

    def stop(self) -> None:
        """End `run` soon; what was learned and said is kept."""

    def state(self) -> LiveState:
        """Return how the session stands."""

    def frame(self) -> tuple[int, Frame]:
        """Return the step that is shown, and its picture, `[height, width, 3]`."""

    def feedback(self, value: float, *, labeller: str, given_at: float, token: str) -> bool:
        """Say that what is shown is good (above 0) or bad (below 0).

        It is in the label store when this returns.

        Args:
            value: Typically 1 or −1.
            labeller: Who says so.
            given_at: When it was said, in seconds since 1970 by this machine's clock.
            token: Chosen by the sender, and the same when it is sent again.

        Returns:
            False where it was written before, or the session is finished.
        """

    def undo(self, *, labeller: str, token: str) -> bool:
        """Take back a labeller's last feedback that stands.

        Args:
            labeller: Whose.
            token: As in `feedback`.

        Returns:
            False where there is nothing to take back, or it was done before.
        """

    def set_speed(self, steps_per_second: float) -> None:
        """Let the agent act faster or slower; kept within what the session allows."""

    def pause(self, paused: bool) -> None:
        """Hold the agent, or let it go on."""

    def train(self, training: bool) -> None:
        """Let the agent learn from feedback, or only act."""
