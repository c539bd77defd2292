"""Scalar feedback in the label store: what was shown, and how good people said it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from prefrl import store_tables as tables
from prefrl.store import LabelStore


@dataclass(frozen=True, eq=False)
class ShownStep:
    """A step of an agent that somebody may have judged.

    Attributes:
        step: Its number in the session, from 1.
        episode: The episode's number, from 1.
        action: What the agent did.
        shown_at: When it was shown, in seconds of the session's clock, which stands in pauses.
        trains: Whether the agent learns from what is said about it.
        change: What it changed, as features, `[F]` float32.
    """

    step: int
    episode: int
    action: int
    shown_at: float
    trains: bool
    change: NDArray[np.float32]


@dataclass(frozen=True)
class Feedback:
    """How good somebody said it was what they saw.

    Attributes:
        value: Positive for good, negative for bad.
        labeller: Who said so.
        step: The step that was shown; 0 before the first.
        clock: When it was said, in seconds of the session's clock.
        given_at: When it was said, in seconds since 1970.
        token: Chosen by the sender, and the same when it is sent again.
    """

    value: float
    labeller: str
    step: int
    clock: float
    given_at: float
    token: str


class FeedbackLedger:
    """The steps of one session and what was said about them; rows are only ever added.

    Each method that writes commits before it returns.

    Args:
        store: Where everything is kept.
        run: Whose session.
    """

    def __init__(self, store: LabelStore, run: str) -> None:
        """Read nothing yet."""
        self._store, self.run = store, run

    def write(self, steps: Sequence[ShownStep], feedback: Sequence[Feedback] = ()) -> int:
        """Write steps and feedback, all or nothing; what is there already is left as it is.

        Returns:
            How many pieces of feedback were not there.
        """
        with self._store.transaction() as connection:
            if steps:
                rows = [self._step_row(step) for step in steps]
                _insert_missing(connection, tables.shown_steps, "step", rows)
            if not feedback:
                return 0
            rows = [{"run": self.run, **vars(piece)} for piece in feedback]
            return _insert_missing(connection, tables.scalar_feedback, "token", rows)

    def undo(self, token: str, labeller: str, given_at: float) -> bool:
        """Take back a labeller's last feedback that stands, by a row of its own.

        Args:
            token: As in `Feedback`.
            labeller: Whose.
            given_at: When it was taken back, in seconds since 1970.

        Returns:
            False where there is nothing to take back, or the token is known.
        """
        table = tables.scalar_feedback
        mine = (table.c.run == self.run) & (table.c.labeller == labeller)
        taken_back = sa.select(table.c.undoes).where(table.c.undoes.is_not(None))
        last = sa.select(sa.func.max(table.c.id)).where(
            mine, table.c.undoes.is_(None), table.c.id.not_in(taken_back)
        )
        known = sa.exists().where(table.c.run == self.run, table.c.token == token)
        values = {"run": self.run, "token": token, "labeller": labeller, "value": 0.0}
        values |= {"step": 0, "clock": 0.0, "given_at": given_at}
        chosen = last.scalar_subquery()
        select = sa.select(*map(sa.literal, values.values()), chosen)
        select = select.where(~known, chosen.is_not(None))
        with self._store.transaction() as connection:
            statement = sa.insert(table).from_select([*values, "undoes"], select)
            return connection.execute(statement).rowcount == 1

    def shown(self) -> list[ShownStep]:
        """Return all steps, in their order."""
        table = tables.shown_steps
        select = sa.select(table).where(table.c.run == self.run).order_by(table.c.step)
        with self._store.transaction() as connection:
            rows = connection.execute(select).mappings().all()
        return [_step(row) for row in rows]

    def standing(self) -> list[Feedback]:
        """Return the feedback that was not taken back, oldest first."""
        table = tables.scalar_feedback
        select = sa.select(table).where(table.c.run == self.run).order_by(table.c.id)
        with self._store.transaction() as connection:
            rows = connection.execute(select).mappings().all()
        gone = {row["undoes"] for row in rows}
        return [_feedback(row) for row in rows if row["undoes"] is None and row["id"] not in gone]

    def _step_row(self, step: ShownStep) -> dict[str, Any]:
        change = step.change.astype("<f4").tobytes()
        return {"run": self.run, **vars(step), "change": change}


def _insert_missing(
    connection: sa.Connection, table: sa.Table, identity: str, rows: Sequence[dict[str, Any]]
) -> int:
    """Insert the rows whose run and identity are not in a table, and return their number."""
    given = {name: sa.bindparam(f"given_{name}", type_=table.c[name].type) for name in rows[0]}
    known = sa.exists().where(table.c.run == given["run"], table.c[identity] == given[identity])
    statement = sa.insert(table).from_select(list(given), sa.select(*given.values()).where(~known))
    values = [{f"given_{name}": value for name, value in row.items()} for row in rows]
    return connection.execute(statement, values).rowcount


def _step(row: sa.RowMapping) -> ShownStep:
    values = {name: row[name] for name in ("step", "episode", "action", "shown_at", "trains")}
    return ShownStep(**values, change=np.frombuffer(row["change"], "<f4").astype(np.float32))


def _feedback(row: sa.RowMapping) -> Feedback:
    names = ("value", "labeller", "step", "clock", "given_at", "token")
    return Feedback(**{name: row[name] for name in names})
