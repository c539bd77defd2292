"""Who is asked which question: leases, re-asks and sides."""

import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from prefrl.labelling.ledger import AskedQuestion, Ledger, Submission
from prefrl.queries import QueryKey

LEASE_SECONDS = 30.0
"""How long a question is kept for a page that is not heard of any more, in seconds."""

REPEAT_SHARE = 0.05
"""Share of pairs that are asked twice, to see whether labellers agree with themselves."""

REPEAT_AFTER = 5
"""Verdicts that a labeller gives before they are asked a pair again, if there are other pairs."""


@dataclass(frozen=True)
class Holder:
    """A page that is open somewhere.

    Attributes:
        labeller: Who sits before it.
        tab: Which one it is, chosen by the browser.
    """

    labeller: str
    tab: str


@dataclass
class _Lease:
    holder: Holder
    expires: float
    order: int


class QuestionQueue:
    """Gives each open question to one page at a time.

    Leases are kept in memory only: that no question gets two verdicts is seen to by the ledger.

    Args:
        ledger: The questions and verdicts of the run.
        lease_seconds: See `LEASE_SECONDS`.
        repeat_share: Share of pairs that are asked a second time, in [0, 1].
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        lease_seconds: float = LEASE_SECONDS,
        repeat_share: float = REPEAT_SHARE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nothing leased."""
        self._ledger, self._clock = ledger, clock
        self._lease_seconds, self._repeat_share = lease_seconds, repeat_share
        self._leases: dict[QueryKey, _Lease] = {}
        self._last, self._first = itertools.count(), itertools.count(-1, -1)
        self._lock = threading.Lock()

    def take(
        self, holder: Holder, count: int, ready: Callable[[AskedQuestion], bool]
    ) -> list[AskedQuestion]:
        """Return a page's questions: those that it holds, in the same order, and further ones.

        Args:
            holder: The page, whose leases are renewed.
            count: How many questions it should hold.
            ready: Whether a question can be shown.
        """
        with self._lock:
            open_questions = {question.key: question for question in self._open(holder.labeller)}
            self._drop_leases()
            held = [key for key in open_questions if self._is_held(key, holder)]
            held.sort(key=lambda key: self._leases[key].order)
            free = [key for key in open_questions if key not in self._leases]
            shown = (key for key in free if ready(open_questions[key]))
            fresh = list(itertools.islice(shown, max(0, count - len(held))))
            for key in held:
                self._leases[key].expires = self._expiry()
            for key in fresh:
                self._leases[key] = _Lease(holder, self._expiry(), next(self._last))
            return [open_questions[key] for key in [*held, *fresh]]

    def questions(self) -> list[AskedQuestion]:
        """Return all questions of the run, in the order of their keys."""
        return self._ledger.questions()

    def upcoming(self, count: int) -> list[AskedQuestion]:
        """Return the first open questions, whose clips are wanted soon, in their order."""
        return list(itertools.islice((q for q in self.questions() if q.standing is None), count))

    def held_by_another(self, key: QueryKey, holder: Holder) -> bool:
        """Return whether a question is leased to another page."""
        with self._lock:
            lease = self._leases.get(key)
            expired = lease is not None and lease.expires < self._clock()
            return lease is not None and not expired and lease.holder != holder

    def record(self, submission: Submission) -> bool:
        """Write a verdict as `Ledger.record` does; some questions are asked again later."""
        fresh = self._ledger.record(submission)
        key = submission.key
        if fresh and key.repeat == 0 and submission.verdict != "skip" and self._repeats(key):
            self._ledger.ask_again(key)
        with self._lock:
            self._leases.pop(key, None)
        return fresh

    def undo(self, token: str, holder: Holder) -> AskedQuestion | None:
        """Take back the last verdict of a page's labeller, and show its question there again."""
        key = self._ledger.undo(token, holder.labeller)
        if key is None:
            return None
        with self._lock:
            self._leases[key] = _Lease(holder, self._expiry(), next(self._first))
        return next(q for q in self._ledger.questions() if q.key == key)

    def _expiry(self) -> float:
        return self._clock() + self._lease_seconds

    def _is_held(self, key: QueryKey, holder: Holder) -> bool:
        return key in self._leases and self._leases[key].holder == holder

    def _drop_leases(self) -> None:
        now = self._clock()
        expired = [key for key, lease in self._leases.items() if lease.expires < now]
        for key in expired:
            del self._leases[key]

    def _open(self, labeller: str) -> list[AskedQuestion]:
        questions = self._ledger.questions()
        first = {q.key: q for q in questions if q.key.repeat == 0}
        fresh = [q for q in first.values() if q.standing is None]
        repeats = [q for q in questions if q.key.repeat and q.standing is None]
        own = [q for q in repeats if _is_for(first.get(replace(q.key, repeat=0)), labeller)]
        if not fresh:
            return own
        answered = _rows_of(questions, labeller)
        due = [q for q in own if _is_due(first[replace(q.key, repeat=0)], answered)]
        return [*due, *fresh]

    def _repeats(self, key: QueryKey) -> bool:
        return _digest("repeat", key) < self._repeat_share


def shown_left(key: QueryKey) -> int:
    """Return which segment of a pair is shown on the left: at random, and a re-ask swapped."""
    first = int(_digest("side", key) < 0.5)
    return first ^ (key.repeat % 2)


def _digest(purpose: str, key: QueryKey) -> float:
    """Return a number in [0, 1) that is the same for all repeats of a question."""
    text = f"{purpose}\0{key.run}\0{key.round}\0{key.index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def _is_for(first: AskedQuestion | None, labeller: str) -> bool:
    return first is not None and first.standing is not None and first.standing.labeller == labeller


def _rows_of(questions: Sequence[AskedQuestion], labeller: str) -> list[int]:
    standing = (question.standing for question in questions)
    return [s.row for s in standing if s is not None and s.labeller == labeller]


def _is_due(first: AskedQuestion, answered: Sequence[int]) -> bool:
    assert first.standing is not None
    return sum(row > first.standing.row for row in answered) >= REPEAT_AFTER
