"""The teacher that is people: answers when they please."""

from collections.abc import Sequence
from dataclasses import replace

from prefrl.labelling.asked_questions import AskedQuestion
from prefrl.labelling.ledger import Ledger
from prefrl.queries import Query, QueryKey
from prefrl.store import LabelStore
from prefrl.teachers import Answer


class PersonTeacher:
    """Gives the verdicts that the labelling page writes to the label store.

    The page may be served by another process: the store is all that they share.

    Args:
        store: Where questions are asked and verdicts written.
        run: The run's name.
    """

    def __init__(self, store: LabelStore, run: str) -> None:
        """Start with no queries."""
        self._ledger = Ledger(store, run)
        self._queries: dict[QueryKey, Query] = {}
        self._seen: dict[QueryKey, int | None] = {}

    def submit(self, queries: Sequence[Query]) -> None:
        """Wait for verdicts on queries, which are in the store already."""
        self._queries |= {query.key: query for query in queries}

    def collect(self) -> list[Answer]:
        """Return the verdicts that are new or changed, also those on re-asks of what was submitted.

        A verdict that was taken back comes as a skip, until there is another.
        """
        changed = [q for q in self._ledger.questions() if self._has_changed(q)]
        self._seen |= {question.key: _row(question) for question in changed}
        return [self._answer(question) for question in changed]

    def _has_changed(self, question: AskedQuestion) -> bool:
        submitted = replace(question.key, repeat=0) in self._queries
        return submitted and _row(question) != self._seen.get(question.key)

    def _answer(self, question: AskedQuestion) -> Answer:
        query = replace(self._queries[replace(question.key, repeat=0)], key=question.key)
        standing = question.standing
        if standing is None:
            return Answer(query, "skip", stored=True)
        return Answer(
            query,
            standing.verdict,
            labeller=standing.labeller,
            seconds=standing.seconds,
            answered_at=standing.answered_at,
            shown_left=standing.shown_left,
            stored=True,
        )


def _row(question: AskedQuestion) -> int | None:
    return None if question.standing is None else question.standing.row
