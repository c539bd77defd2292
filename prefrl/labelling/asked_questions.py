"""The questions of a run as they stand; of the store, only what is new is read."""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import sqlalchemy as sa

from prefrl import store_tables as tables
from prefrl.queries import QueryKey, Verdict
from prefrl.store import parse_verdict, question_key

Place: TypeAlias = tuple[int, int, int]
"""A question's round, index and repeat, which are faster to look up than its key."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict that was not taken back.

    Attributes:
        row: Its number in the store; later ones are larger.
        verdict: What was said.
        labeller: Who said it.
        seconds: How long it took, in seconds.
        answered_at: When, in seconds since 1970.
        shown_left: Index of the segment that was shown on the left.
    """

    row: int
    verdict: Verdict
    labeller: str
    seconds: float
    answered_at: float
    shown_left: int


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of the store, without the content of its segments.

    Attributes:
        key: The question's identity.
        segment_ids: Of the segments to compare.
        standing: The verdict that stands, or None while the question is open.
    """

    key: QueryKey
    segment_ids: tuple[str, ...]
    standing: Standing | None


class AskedQuestions:
    """The questions of one run, in memory.

    Args:
        run: The run's name.
    """

    def __init__(self, run: str) -> None:
        """Read nothing yet."""
        self.run = run
        self._forget()

    def _forget(self) -> None:
        self._order: list[Place] = []
        self._questions: dict[Place, AskedQuestion] = {}
        self._open: dict[bool, list[Place]] = {False: [], True: []}  # by whether they are repeats
        self._newest = float("-inf")
        self._given: dict[Place, list[Standing]] = {}  # rows would keep more in memory
        self._rows: dict[str, list[int]] = {}
        self._rows_read, self._last_row = 0, 0

    def refresh(self, connection: sa.Connection) -> None:
        """Take in what has been asked and answered since the last call."""
        # Verdicts are read before questions, so that each is about one that is read as well.
        verdicts = self._new_verdicts(connection)
        missed = verdicts is None or not self._take_in_questions(connection)
        if missed:  # rows of other writers may appear in another order than they are numbered
            self._forget()
            verdicts = self._new_verdicts(connection)
            self._take_in_questions(connection)
        for row in verdicts or ():
            self._take_in_verdict(row)

    def all(self) -> list[AskedQuestion]:
        """Return all questions, in the order of their keys."""
        return [self._questions[place] for place in self._order]

    def open(self, *, repeats: bool) -> Iterator[AskedQuestion]:
        """Return the questions without a verdict, in the order of their keys.

        Args:
            repeats: Whether those that are re-asks, or those that are not.
        """
        return (self._questions[place] for place in self._open[repeats])

    @property
    def has_open(self) -> bool:
        """Whether a question that is no re-ask has no verdict."""
        return bool(self._open[False])

    def find(self, key: QueryKey) -> AskedQuestion | None:
        """Return the question of a key."""
        return self._questions.get((key.round, key.index, key.repeat))

    def labellers(self) -> set[str]:
        """Return everybody who ever gave a verdict."""
        return set(self._rows)

    def given_since(self, labeller: str, row: int) -> int:
        """Return how many verdicts a labeller gave after a row of the store."""
        rows = self._rows.get(labeller, [])
        return len(rows) - bisect_right(rows, row)

    def _new_verdicts(self, connection: sa.Connection) -> list[sa.RowMapping] | None:
        table = tables.verdicts
        of_run = table.c.run == self.run
        there = connection.scalar(sa.select(sa.func.count()).where(of_run)) or 0
        if there == self._rows_read:
            return []
        select = sa.select(table).where(of_run, table.c.id > self._last_row).order_by(table.c.id)
        rows = list(connection.execute(select).mappings())
        return rows if self._rows_read + len(rows) >= there else None

    def _take_in_questions(self, connection: sa.Connection) -> bool:
        """Return whether no question is missing."""
        table = tables.questions
        of_run = table.c.run == self.run
        there = connection.scalar(sa.select(sa.func.count()).where(of_run)) or 0
        if there == len(self._order):
            return True
        select = sa.select(table).where(of_run, table.c.asked_at >= self._newest)
        for row in connection.execute(select).mappings():
            key = question_key(row)
            place = (key.round, key.index, key.repeat)
            if place not in self._questions:
                insort(self._order, place)
                ids = tuple(json.loads(row["segment_ids"]))
                self._questions[place] = AskedQuestion(key, ids, None)
                self._set_open(place, True)
            self._newest = max(self._newest, row["asked_at"])
        return len(self._order) >= there

    def _take_in_verdict(self, row: sa.RowMapping) -> None:
        self._rows_read += 1
        self._last_row = row["id"]
        place = (row["round"], row["index"], row["repeat"])
        given = self._given.setdefault(place, [])
        if row["verdict"] == "undo":
            _remove_last(given, row["labeller"])
        else:
            given.append(_standing(row))
            self._rows.setdefault(row["labeller"], []).append(row["id"])
        if place not in self._questions:
            return
        standing = given[-1] if given else None
        self._questions[place] = replace(self._questions[place], standing=standing)
        self._set_open(place, standing is None)

    def _set_open(self, place: Place, is_open: bool) -> None:
        places = self._open[place[2] > 0]
        at = bisect_left(places, place)
        was_open = places[at : at + 1] == [place]
        if is_open and not was_open:
            places.insert(at, place)
        elif was_open and not is_open:
            del places[at]


def _standing(row: sa.RowMapping) -> Standing:
    return Standing(
        row=row["id"],
        verdict=parse_verdict(row["verdict"]),
        labeller=row["labeller"],
        seconds=row["seconds"],
        answered_at=row["answered_at"],
        shown_left=row["shown_left"],
    )


def _remove_last(given: list[Standing], labeller: str) -> None:
    for place in reversed(range(len(given))):
        if given[place].labeller == labeller:
            del given[place]
            return
