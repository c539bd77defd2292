"""What people answered: each verdict written once, and taken back by a row of its own."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa

from prefrl import store_tables as tables
from prefrl.labelling.asked_questions import AskedQuestion, AskedQuestions
from prefrl.queries import QueryKey, Verdict
from prefrl.store import LabelStore, key_columns, question_key, standing_rows


@dataclass(frozen=True)
class Submission:
    """A verdict on its way into the store.

    Attributes:
        token: Chosen by the sender, and the same when it is sent again.
        key: The question.
        verdict: What is said.
        labeller: Who says it.
        seconds: How long it took, in seconds.
        shown_left: Index of the segment that was shown on the left.
    """

    token: str
    key: QueryKey
    verdict: Verdict
    labeller: str
    seconds: float
    shown_left: int


class AnsweredAlreadyError(Exception):
    """The question has a verdict, or is none of this run."""


class Ledger:
    """The questions of one run and what people answered; every method leaves the store committed.

    Args:
        store: Where everything is kept.
        run: Whose questions.
    """

    def __init__(self, store: LabelStore, run: str) -> None:
        """Read nothing yet."""
        self._store, self.run = store, run
        self._asked = AskedQuestions(run)
        self._reading = threading.Lock()

    def questions(self) -> list[AskedQuestion]:
        """Return all questions of the run, in the order of their keys."""
        with self.as_it_stands() as asked:
            return asked.all()

    @contextmanager
    def as_it_stands(self) -> Iterator[AskedQuestions]:
        """Give the questions with their verdicts, which do not change meanwhile."""
        with self._reading:
            with self._store.transaction() as connection:
                self._asked.refresh(connection)
            yield self._asked

    def record(self, submission: Submission) -> bool:
        """Write a verdict, once however often it is sent.

        Returns:
            False where the verdict was written before.

        Raises:
            AnsweredAlreadyError: If the question has another verdict, or is none of this run.
        """
        with self._store.transaction() as connection:
            if not _claim(connection, submission.token, submission.key):
                return False
            if not self._is_open(connection, submission.key):
                raise AnsweredAlreadyError
            connection.execute(sa.insert(tables.verdicts).values(_row(submission)))
        return True

    def undo(self, token: str, labeller: str) -> QueryKey | None:
        """Take back a labeller's last verdict that stands, once however often it is sent.

        Returns:
            The question, which is open again; None where there is nothing to take back.
        """
        with self._store.transaction() as connection:
            last = self._last_of(connection, labeller)
            if last is None:
                return self._submitted(connection, token)
            if not _claim(connection, token, last):
                return self._submitted(connection, token)
            # Again, now that nobody else can write: it may have been taken back meanwhile.
            if self._last_of(connection, labeller) != last:
                raise AnsweredAlreadyError
            row = {"verdict": "undo", "labeller": labeller, "seconds": 0.0, "shown_left": 0}
            row |= {"answered_at": time.time(), **key_columns(last)}
            connection.execute(sa.insert(tables.verdicts).values(row))
        return last

    def ask_again(self, key: QueryKey) -> None:
        """Ask a question once more, as its own repeat; nothing happens where that was done."""
        again = replace(key, repeat=key.repeat + 1)
        with self._store.transaction() as connection:
            rows = {
                question_key(row): row
                for row in connection.execute(_of(tables.questions, key)).mappings()
            }
            if again not in rows and key in rows:
                row = {**rows[key], "repeat": again.repeat, "asked_at": time.time()}
                connection.execute(sa.insert(tables.questions).values(row))

    def _verdicts(self) -> sa.Select[tuple[object, ...]]:
        table = tables.verdicts
        return sa.select(table).where(table.c.run == self.run).order_by(table.c.id)

    def _is_open(self, connection: sa.Connection, key: QueryKey) -> bool:
        if key.run != self.run:
            return False
        if connection.execute(_of(tables.questions, key, exactly=True)).first() is None:
            return False
        rows = connection.execute(_of(tables.verdicts, key, exactly=True)).mappings()
        return key not in standing_rows(sorted(rows, key=lambda row: row["id"]))

    def _last_of(self, connection: sa.Connection, labeller: str) -> QueryKey | None:
        return last_standing(connection.execute(self._verdicts()).mappings(), labeller)

    def _submitted(self, connection: sa.Connection, token: str) -> QueryKey | None:
        table = tables.submissions
        row = connection.execute(sa.select(table).where(table.c.token == token)).mappings().first()
        return None if row is None else question_key(row)


def last_standing(rows: Iterable[sa.RowMapping], labeller: str) -> QueryKey | None:
    """Return the question of a labeller's last verdict that was not undone.

    Args:
        rows: Of the table of verdicts, oldest first.
        labeller: Whose.
    """
    stack: list[QueryKey] = []
    for row in rows:
        key = question_key(row)
        if row["labeller"] != labeller:
            continue
        if row["verdict"] != "undo":
            stack.append(key)
        elif key in stack:
            del stack[len(stack) - 1 - stack[::-1].index(key)]
    return stack[-1] if stack else None


def _claim(connection: sa.Connection, token: str, key: QueryKey) -> bool:
    # Writing comes first: from here to the commit no other connection of an SQLite file writes.
    row = {"token": token, **key_columns(key)}
    table = tables.submissions
    known = sa.exists().where(table.c.token == token)
    values = sa.select(*(sa.literal(value) for value in row.values())).where(~known)
    return connection.execute(sa.insert(table).from_select(list(row), values)).rowcount == 1


def _of(table: sa.Table, key: QueryKey, *, exactly: bool = False) -> sa.Select[tuple[object, ...]]:
    names = ("run", "round", "index", "repeat")[: 4 if exactly else 3]
    return sa.select(table).where(*(table.c[name] == getattr(key, name) for name in names))


def _row(submission: Submission) -> dict[str, object]:
    return {
        **key_columns(submission.key),
        "verdict": str(submission.verdict),
        "labeller": submission.labeller,
        "seconds": submission.seconds,
        "answered_at": time.time(),
        "shown_left": submission.shown_left,
    }
