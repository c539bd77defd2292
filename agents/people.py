"""Training beside people: how much to ask them, and when to wait for them."""

import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

from prefrl.labelling.activity import Activity, in_words, write_activity
from prefrl.labelling.asked_questions import AskedQuestion
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.progress import labels_used
from prefrl.preference_learner import PreferenceLearner
from prefrl.store import LabelStore

from .rounds import Round
from .settings import Pace

POLL_SECONDS = 0.25
"""How often the label store is looked at while training waits, in seconds."""


class People:
    """Keeps training and those who answer it together.

    A round that is short of its scheduled labels is followed by one more, then training waits.

    Args:
        preferences: What the answers are for; its teacher is a `PersonTeacher`.
        store: The label store.
        run: The run's name.
        rounds: The plan of the run.
        folder: The run's folder, where it is written down what training is doing.
        pace: "labels" waits for people; "free" never does.
        tell: Given a sentence when training begins to wait.

    Attributes:
        waited: How long training has waited, in seconds.
    """

    def __init__(
        self,
        preferences: PreferenceLearner,
        store: LabelStore,
        *,
        run: str,
        rounds: list[Round],
        folder: Path,
        pace: Pace,
        tell: Callable[[str], None],
    ) -> None:
        """Submit the questions of an earlier part of the run again."""
        self._preferences, self._ledger = preferences, Ledger(store, run)
        self._rounds, self._folder, self._pace = rounds, folder, pace
        self._scheduled = list(accumulate(round_.labels for round_ in rounds))
        self._tell = tell
        self.waited = 0.0
        preferences.submit_stored()

    def note(self, doing: str, round_: Round, missing: int = 0) -> None:
        """Write down for the page what training is doing."""
        activity = Activity(doing, round_.index + 1, len(self._rounds), missing)
        write_activity(self._folder, activity)

    @property
    def labels(self) -> int:
        """How much of the budget is spent."""
        return labels_used(self._ledger.questions())

    def finish(self) -> None:
        """Write down for the page that nothing more will be asked."""
        write_activity(self._folder, Activity("finished"))

    def wait_before(self, round_: Round, agent_step: int) -> None:
        """Wait until a round may begin, asking anew in the place of questions nobody could answer.

        Args:
            round_: The round that is to begin.
            agent_step: Environment steps taken so far.
        """
        required = self._required_before(round_) if self._pace == "labels" else 0
        told, began = False, time.monotonic()
        while (missing := required - self.labels) > 0:
            self._ask_up_to(required, self._rounds[round_.index - 1], agent_step)
            self.note("waiting", round_, missing)
            if not told:
                self._tell(f"waiting for {in_words(missing)}")
                told = True
            time.sleep(POLL_SECONDS)
        self.waited += time.monotonic() - began

    def ask(self, round_: Round, agent_step: int) -> None:
        """Ask as much as the schedule says beyond what is answered or still open."""
        if round_.labels:
            self._ask_up_to(self._scheduled[round_.index], round_, agent_step)

    def fit_what_is_new(self) -> None:
        """Take in the answers that have come, and fit the reward if there are any."""
        if self._preferences.collect() and len(self._preferences.fitter):
            self._preferences.fit()

    def _required_before(self, round_: Round) -> int:
        """Return how many labels a round needs: all but the last round's, at the ends all."""
        if round_.index == 0:
            return 0
        # Without a first reward there is nothing to train on, after the last nothing is trained.
        lag = 1 if round_.index in (1, len(self._rounds) - 1) else 2
        return self._scheduled[round_.index - lag]

    def _ask_up_to(self, labels: int, round_: Round, agent_step: int) -> None:
        questions = [q for q in self._ledger.questions() if q.key.repeat == 0]
        coming = sum(map(_may_become_a_label, questions))
        if labels > coming:
            asked = sum(question.key.round == round_.index for question in questions)
            self._preferences.ask(round_.index, labels - coming, agent_step, first_index=asked)


def _may_become_a_label(question: AskedQuestion) -> bool:
    return question.standing is None or question.standing.verdict != "skip"
