"""Mending a missing or damaged label store from a checkpoint's copy and what can still be read."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from prefrl.errors import DamagedStoreError
from prefrl.store import LabelStore

TABLES = (
    *("segments", "questions", "verdicts", "submissions"),
    *("shown_steps", "scalar_feedback"),
)


def mend_store(path: Path, checkpoint: Path | None) -> Iterator[str]:
    """Put a readable label store in the place of a missing or damaged one; leave a sound one alone.

    A damaged file is kept beside it. Rows that it still gives are added to the copy that the last
    checkpoint holds.

    Args:
        path: The label store.
        checkpoint: The last whole checkpoint, or None.

    Yields:
        What was done, in words.

    Raises:
        UserError: If the store cannot be used, although it is not damaged.
    """
    copy = checkpoint / path.name if checkpoint is not None else None
    if not path.exists():
        if copy is not None:
            yield f"the label store {path} is missing"
            yield from _restore(copy, path)
        return
    try:
        LabelStore(path).close()
        return
    except DamagedStoreError as error:
        yield str(error)
    damaged = _set_aside(path)
    yield f"the damaged file is kept as {damaged}"
    if copy is not None:
        yield from _restore(copy, path)
    LabelStore(path).close()
    yield f"{_salvage(damaged, path)} further rows were saved from the damaged file"


def _restore(copy: Path, path: Path) -> Iterator[str]:
    partial = path.with_name(f"{path.name}.partial")
    shutil.copyfile(copy, partial)
    partial.replace(path)
    yield f"the labels as of checkpoint {copy.parent.name} are restored"


def _set_aside(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(target.with_name(target.name + suffix))
    return target


def _salvage(damaged: Path, path: Path) -> int:
    source, target = sqlite3.connect(damaged), sqlite3.connect(path)
    before = _count(target)
    for table in TABLES:
        for row in _readable_rows(source, table):
            marks = ", ".join("?" * len(row))
            target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
    for statement in _DROP_INCOMPLETE:
        target.execute(statement)
    target.commit()
    saved = _count(target) - before
    source.close()
    target.close()
    return saved


_DROP_INCOMPLETE = (
    """DELETE FROM questions WHERE EXISTS (
           SELECT 1 FROM json_each(segment_ids) WHERE value NOT IN (SELECT id FROM segments))""",
    """DELETE FROM verdicts WHERE NOT EXISTS (
           SELECT 1 FROM questions AS asked
           WHERE asked.run = verdicts.run AND asked.round = verdicts.round
           AND asked."index" = verdicts."index" AND asked.repeat = verdicts.repeat)""",
)
"""A question without its segments, or a verdict without its question, says nothing."""


def _count(database: sqlite3.Connection) -> int:
    counts = (database.execute(f"SELECT count(*) FROM {table}") for table in TABLES)
    return sum(int(count.fetchone()[0]) for count in counts)


def _readable_rows(source: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    try:
        yield from source.execute(f"SELECT * FROM {table}")
    except sqlite3.DatabaseError:
        return
