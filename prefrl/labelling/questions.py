"""Who is asked which question: leases, re-asks and sides."""

import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from prefrl.labelling.asked_questions import AskedQuestion, AskedQuestions
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.queries import QueryKey

LEASE_SECONDS = 30.0
"""How long a question is kept for a page that is not heard of any more, in seconds."""

REPEAT_SHARE = 0.05
"""Share of pairs that are asked twice, to see whether labellers agree with themselves."""

OTHERS_SHARE = 0.5
"""Share of these that another labeller is asked, if there are several, to see how they agree."""

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
        with self._lock, self._ledger.as_it_stands() as asked:
            self._drop_leases()
            held = [asked.find(key) for key in self._held_by(holder)]
            given = [question for question in held if question and question.standing is None]
            free = (q for q in self._open(asked, holder.labeller) if q.key not in self._leases)
            fresh = list(itertools.islice(filter(ready, free), max(0, count - len(given))))
            for question in given:
                self._leases[question.key].expires = self._expiry()
            for question in fresh:
                self._leases[question.key] = _Lease(holder, self._expiry(), next(self._last))
            return [*given, *fresh]

    def questions(self) -> list[AskedQuestion]:
        """Return all questions of the run, in the order of their keys."""
        return self._ledger.questions()

    def upcoming(self, count: int) -> list[AskedQuestion]:
        """Return the first open questions, whose clips are wanted soon, in their order."""
        with self._ledger.as_it_stands() as asked:
            both = itertools.chain(asked.open(repeats=False), asked.open(repeats=True))
            return list(itertools.islice(both, count))

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

    def _held_by(self, holder: Holder) -> list[QueryKey]:
        held = [key for key, lease in self._leases.items() if lease.holder == holder]
        return sorted(held, key=lambda key: self._leases[key].order)

    def _drop_leases(self) -> None:
        now = self._clock()
        expired = [key for key, lease in self._leases.items() if lease.expires < now]
        for key in expired:
            del self._leases[key]

    def _open(self, asked: AskedQuestions, labeller: str) -> Iterator[AskedQuestion]:
        repeats = asked.open(repeats=True)
        if not asked.has_open:
            return repeats
        due = (question for question in repeats if _is_due(asked, question.key, labeller))
        return itertools.chain(due, asked.open(repeats=False))

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


def _is_due(asked: AskedQuestions, key: QueryKey, labeller: str) -> bool:
    """Return whether a labeller is to be asked again: about their own verdict, or another's."""
    first = asked.find(replace(key, repeat=0))
    if first is None or first.standing is None:
        return False
    others = len(asked.labellers()) > 1
    if others and _digest("who", key) < OTHERS_SHARE:
        return first.standing.labeller != labeller
    given = asked.given_since(labeller, first.standing.row)
    return first.standing.labeller == labeller and given >= REPEAT_AFTER
