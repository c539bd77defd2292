"""The label store: every question and verdict as a row."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from prefrl import store_tables as tables
from prefrl.errors import DamagedStoreError, UserError
from prefrl.queries import Comparison, Query, QueryKey, Verdict
from prefrl.segments import Segment
from prefrl.teachers import Answer


@dataclass(frozen=True, eq=False)
class Label:
    """A question with the verdict that stands, if one does.

    Attributes:
        query: The question.
        answer: The last verdict that was not undone, or None.
    """

    query: Query
    answer: Answer | None


class LabelStore:
    """Questions and verdicts in an SQL database; rows are only ever added.

    Each method that writes commits before it returns. An SQLite file is kept in write-ahead mode
    with full synchronisation, so that what was committed survives the loss of the process or power.

    Args:
        location: A path of an SQLite file, or a database URL that SQLAlchemy reads.

    Raises:
        UserError: If the file is damaged or no label store.
    """

    def __init__(self, location: Path | str) -> None:
        """Open the store, making it when it is missing."""
        self.location = str(location)
        url = sa.URL.create("sqlite", database=self.location)
        if "://" in self.location:
            url = sa.make_url(self.location)
        # Connections of SQLite cost little and must not outlive their use.
        pool = sa.NullPool if url.get_backend_name() == "sqlite" else None
        self._engine = sa.create_engine(url, poolclass=pool)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _make_durable)
        with self._reporting_faults():
            tables.metadata.create_all(self._engine)
            self._check()

    def ask(self, queries: Sequence[Query]) -> tuple[list[Answer], list[Query]]:
        """Write down questions, except those whose key is in the store already.

        A question that is there already is as it was asked then, whatever segments are given now.

        Args:
            queries: The questions, each with a key of its own.

        Returns:
            The verdicts that the store has on these questions, and the questions without one.
        """
        with self.transaction() as connection:
            stored = {
                question_key(row): row
                for row in connection.execute(sa.select(tables.questions)).mappings()
            }
            fresh = [query for query in queries if query.key not in stored]
            self._insert_segments(connection, fresh)
            for query in fresh:
                connection.execute(sa.insert(tables.questions).values(_question_row(query)))
            verdicts = self._standing_verdicts(connection)
            asked = [_as_stored(query, stored.get(query.key), connection) for query in queries]
        answers = [_answer(query, verdicts[query.key]) for query in asked if query.key in verdicts]
        return answers, [query for query in asked if query.key not in verdicts]

    def answer(self, answers: Sequence[Answer]) -> None:
        """Write down verdicts about questions that were asked."""
        rows = [_verdict_row(answer) for answer in answers]
        if rows:
            with self.transaction() as connection:
                connection.execute(sa.insert(tables.verdicts), rows)

    def undo(self, key: QueryKey, labeller: str) -> None:
        """Take back a labeller's last verdict about a question, by a row of its own."""
        row = {"verdict": "undo", "labeller": labeller, "seconds": 0.0, "shown_left": 0}
        row |= {"answered_at": time.time(), **key_columns(key)}
        with self.transaction() as connection:
            connection.execute(sa.insert(tables.verdicts).values(row))

    def labels(self, run: str | None = None) -> list[Label]:
        """Return all questions in the order of their keys, each with the verdict that stands.

        Args:
            run: Only the questions of this run.
        """
        with self._reporting_faults(), self._engine.connect() as connection:
            order = [tables.questions.c[name] for name in _KEY]
            select = sa.select(tables.questions).order_by(*order)
            questions = connection.execute(select).mappings().all()
            segments = _LazySegments(connection)
            verdicts = self._standing_verdicts(connection)
            return [
                _label(row, segments, verdicts)
                for row in questions
                if run is None or row["run"] == run
            ]

    def comparisons(self, run: str | None = None) -> list[Comparison]:
        """Return the questions that have a verdict, with the verdict that stands."""
        answers = (label.answer for label in self.labels(run))
        return [answer for answer in answers if answer is not None]

    def labels_used(self, run: str | None = None) -> int:
        """Return how much of the budget is spent: ties count; skips and re-asks do not."""
        comparisons = self.comparisons(run)
        return sum(c.verdict != "skip" and c.query.key.repeat == 0 for c in comparisons)

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of an SQLite store to a new file."""
        with self._reporting_faults(), self._engine.connect() as connection:
            connection.execute(sa.text("VACUUM INTO :path"), {"path": str(path)})

    def segment(self, identity: str) -> Segment:
        """Return the segment of an id.

        Raises:
            KeyError: If the store has none.
        """
        select = sa.select(tables.segments.c.data).where(tables.segments.c.id == identity)
        with self._reporting_faults(), self._engine.connect() as connection:
            data = connection.execute(select).scalar_one_or_none()
        if data is None:
            raise KeyError(identity)
        return Segment.from_bytes(data)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are committed at the end, all or none of them.

        Raises:
            UserError: If the database cannot be used.
        """
        with self._reporting_faults(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Keep a connection open meanwhile, so that others cost less.

        An SQLite file's last connection writes the log back into the file as it closes.
        """
        with self._reporting_faults(), self._engine.connect() as connection:
            connection.execute(sa.select(sa.func.count()).select_from(tables.questions))
            connection.rollback()
            yield

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _check(self) -> None:
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                verdict = connection.execute(sa.text("PRAGMA quick_check")).scalars().first()
            if verdict != "ok":
                raise DamagedStoreError(self._damage(str(verdict).splitlines()[-1]))

    @contextmanager
    def _reporting_faults(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise UserError(f"cannot use the label store {self.location}: {error.orig}") from error
        except sa.exc.DatabaseError as error:
            raise DamagedStoreError(self._damage(str(error.orig))) from error

    def _damage(self, detail: str) -> str:
        return f"the label store {self.location} is damaged or no label store ({detail})"

    def _insert_segments(self, connection: sa.Connection, queries: Sequence[Query]) -> None:
        segments = {segment.id: segment for query in queries for segment in query.segments}
        known = set(connection.scalars(sa.select(tables.segments.c.id)))
        rows = [
            {"id": identity, "data": segment.to_bytes()}
            for identity, segment in segments.items()
            if identity not in known
        ]
        if rows:
            connection.execute(sa.insert(tables.segments), rows)

    def _standing_verdicts(self, connection: sa.Connection) -> dict[QueryKey, sa.RowMapping]:
        select = sa.select(tables.verdicts).order_by(tables.verdicts.c.id)
        return standing_rows(connection.execute(select).mappings())


BUSY_MILLISECONDS = 10_000
"""How long to wait while another process writes."""

_KEY = ("run", "round", "index", "repeat")


class _LazySegments:
    def __init__(self, connection: sa.Connection) -> None:
        rows = connection.execute(sa.select(tables.segments))
        self._data = {row.id: row.data for row in rows}
        self._read: dict[str, Segment] = {}

    def __getitem__(self, identity: str) -> Segment:
        if identity not in self._read:
            self._read[identity] = Segment.from_bytes(self._data[identity])
        return self._read[identity]


def _make_durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def question_key(row: sa.RowMapping) -> QueryKey:
    """Return the key of a question, a verdict or a submission."""
    return QueryKey(*(row[name] for name in _KEY))


def key_columns(key: QueryKey) -> dict[str, Any]:
    """Return a key as columns of a table."""
    return {name: getattr(key, name) for name in _KEY}


def _question_row(query: Query) -> dict[str, Any]:
    return {
        **key_columns(query.key),
        "segment_ids": json.dumps([segment.id for segment in query.segments]),
        "strategy": query.strategy,
        "agent_step": query.agent_step,
        "asked_at": query.asked_at,
    }


def _verdict_row(answer: Answer) -> dict[str, Any]:
    return {
        **key_columns(answer.query.key),
        "verdict": str(answer.verdict),
        "labeller": answer.labeller,
        "seconds": answer.seconds,
        "answered_at": answer.answered_at,
        "shown_left": answer.shown_left,
    }


def standing_rows(rows: Iterable[sa.RowMapping]) -> dict[QueryKey, sa.RowMapping]:
    """Return each question's last verdict that was not undone.

    Args:
        rows: Of the table of verdicts, oldest first.
    """
    standing: dict[QueryKey, list[sa.RowMapping]] = {}
    for row in rows:
        stack = standing.setdefault(question_key(row), [])
        if row["verdict"] == "undo":
            remove_last(stack, row["labeller"])
        else:
            stack.append(row)
    return {key: stack[-1] for key, stack in standing.items() if stack}


def remove_last(stack: list[sa.RowMapping], labeller: str) -> None:
    """Take a labeller's last verdict off the verdicts on a question."""
    for place in reversed(range(len(stack))):
        if stack[place]["labeller"] == labeller:
            del stack[place]
            return


def _label(
    row: sa.RowMapping, segments: _LazySegments, verdicts: dict[QueryKey, sa.RowMapping]
) -> Label:
    query = _query(row, segments)
    verdict = verdicts.get(query.key)
    return Label(query, None if verdict is None else _answer(query, verdict))


def _query(row: sa.RowMapping, segments: _LazySegments) -> Query:
    return Query(
        key=question_key(row),
        segments=tuple(segments[identity] for identity in json.loads(row["segment_ids"])),
        strategy=row["strategy"],
        agent_step=row["agent_step"],
        asked_at=row["asked_at"],
    )


def _as_stored(query: Query, row: sa.RowMapping | None, connection: sa.Connection) -> Query:
    if row is None or json.loads(row["segment_ids"]) == [s.id for s in query.segments]:
        return query
    return _query(row, _LazySegments(connection))


def _answer(query: Query, row: sa.RowMapping) -> Answer:
    return Answer(
        query,
        parse_verdict(row["verdict"]),
        labeller=row["labeller"],
        seconds=row["seconds"],
        answered_at=row["answered_at"],
        shown_left=row["shown_left"],
    )


def parse_verdict(text: str) -> Verdict:
    """Return the verdict that a text stands for: an index, "tie" or "skip".

    Raises:
        ValueError: If the text is none of these.
    """
    match text:
        case "tie":
            return "tie"
        case "skip":
            return "skip"
        case _ if text.isdecimal():
            return int(text)
        case _:
            raise ValueError(f"{text!r} is no verdict; use an index, tie or skip")
