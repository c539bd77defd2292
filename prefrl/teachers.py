"""Teachers: who answers queries."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from prefrl.queries import Comparison, Query, Verdict


@dataclass(frozen=True, eq=False)
class Answer(Comparison):
    """A verdict with who gave it, and how.

    Attributes:
        labeller: Who answered.
        seconds: How long the answer took, in seconds; 0 for synthetic teachers.
        answered_at: When, in seconds since 1970.
        shown_left: Index of the segment that was shown on the left.
        stored: Whether the label store has it already.
    """

    labeller: str = "oracle"
    seconds: float = 0.0
    answered_at: float = field(default_factory=time.time)
    shown_left: int = 0
    stored: bool = False


class Teacher(Protocol):
    """Answers queries, at once or when they please."""

    def submit(self, queries: Sequence[Query]) -> None:
        """Hand over queries to answer."""

    def collect(self) -> list[Answer]:
        """Return the answers that have come in since the last call, without waiting."""


class OracleTeacher:
    """The noiseless synthetic teacher: prefers the segment with the highest true return.

    Equal returns are a tie.
    """

    def __init__(self) -> None:
        """Start with no queries to answer."""
        self._answers: list[Answer] = []

    def submit(self, queries: Sequence[Query]) -> None:
        """Answer the queries at once."""
        self._answers += [Answer(query, oracle_verdict(query)) for query in queries]

    def collect(self) -> list[Answer]:
        """Return the answers to what was submitted since the last call."""
        answers, self._answers = self._answers, []
        return answers


def oracle_verdict(query: Query) -> Verdict:
    """Return the index of the segment with the highest true return, or "tie"."""
    returns = np.array([segment.true_return for segment in query.segments])
    best = np.flatnonzero(returns == returns.max())
    return int(best[0]) if len(best) == 1 else "tie"
