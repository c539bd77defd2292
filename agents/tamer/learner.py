"""Learning from feedback as it comes, so that it could be learned again from the label store."""

from collections.abc import Sequence

from prefrl.feedback import Feedback, ShownStep

from .credit import Credit, longest_delay, share
from .model import ReinforcementModel


class Learner:
    """Learns from each placement once, in their order, when no feedback about it can come any more.

    Feedback about a placement is added up by its share of credit; placements without any teach 0,
    as in Knox's code. Feedback that still comes for what was learned from, or is taken back, makes
    everything be learned again, so that the model is always that of `refit`.

    Args:
        model: What learns; it is forgotten first.
        credit: Which placements feedback is about.
        step_size: See `ReinforcementModel.learn`.
    """

    def __init__(self, model: ReinforcementModel, credit: Credit, step_size: float) -> None:
        """Begin with a model that knows nothing."""
        self.model = model
        self.steps: list[ShownStep] = []
        self.feedback: list[Feedback] = []
        self._credit, self._step_size = credit, step_size
        self._longest = longest_delay(credit)
        self._labels: list[float] = []
        self._settled = 0
        model.forget()

    def show(self, step: ShownStep) -> None:
        """Note a placement that is shown now."""
        self.steps.append(step)
        self._labels.append(0.0)

    def give(self, piece: Feedback) -> None:
        """Note feedback."""
        self.feedback.append(piece)
        if self._assign(piece) < self._settled:
            self._learn_again()

    def replace_feedback(self, standing: Sequence[Feedback]) -> None:
        """Learn again as if only this feedback had been given."""
        self.feedback = list(standing)
        self._labels = [0.0] * len(self.steps)
        for piece in self.feedback:
            self._assign(piece)
        self._learn_again()

    def settle(self, clock: float) -> None:
        """Learn from placements that feedback from now on cannot be about.

        Args:
            clock: The present, by the clock of the placements, when the last of them is gone.
        """
        while self._settled < len(self.steps):
            gone_at = min(self._gone_at(self._settled), clock)
            if clock - gone_at < self._longest:
                return
            self._settle_next()

    def finish(self) -> None:
        """Learn from all placements."""
        while self._settled < len(self.steps):
            self._settle_next()

    def _settle_next(self) -> None:
        self._learn(self._settled)
        self._settled += 1

    def _gone_at(self, index: int) -> float:
        following = index + 1
        return self.steps[following].shown_at if following < len(self.steps) else float("inf")

    def _assign(self, piece: Feedback) -> int:
        """Add feedback to the labels it is about, and return the index of the first of them."""
        shares = self._shares(piece)
        for index, part in shares:
            self._labels[index] += part * piece.value
        return min((index for index, _ in shares), default=len(self.steps))

    def _shares(self, piece: Feedback) -> list[tuple[int, float]]:
        """Return which placements feedback is about, by their index, and their shares of it."""
        if self._credit == "previous":
            return [(piece.step - 1, 1.0)] if piece.step else []
        shares = []
        for index in reversed(range(len(self.steps))):
            shown_at, gone_at = self.steps[index].shown_at, self._gone_at(index)
            if piece.clock - gone_at > self._longest:
                break
            if part := share(self._credit, shown_at, gone_at, piece.clock):
                shares.append((index, part))
        return shares

    def _learn(self, index: int) -> None:
        step = self.steps[index]
        if step.trains:
            self.model.learn(step.change, self._labels[index], self._step_size)

    def _learn_again(self) -> None:
        self.model.forget()
        for index in range(self._settled):
            self._learn(index)


def refit(
    model: ReinforcementModel,
    steps: Sequence[ShownStep],
    feedback: Sequence[Feedback],
    *,
    credit: Credit,
    step_size: float,
) -> None:
    """Learn anew from what a label store holds of a session.

    Args:
        model: What learns; it is forgotten first.
        steps: All that was shown, in order.
        feedback: What was said and not taken back, oldest first.
        credit: As in the session.
        step_size: As in the session.
    """
    learner = Learner(model, credit, step_size)
    for step in steps:
        learner.show(step)
    learner.replace_feedback(feedback)
    learner.finish()
