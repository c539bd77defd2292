"""Mending a damaged label store from a checkpoint's copy and what can still be read."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from prefrl.errors import UserError
from prefrl.store import LabelStore

TABLES = ("segments", "questions", "verdicts", "feedback")


def mend_store(path: Path, checkpoint: Path | None) -> Iterator[str]:
    """Put a readable label store in the place of a damaged one; leave a sound one alone.

    The damaged file is kept beside it. Rows that it still gives are added to the copy that the
    last checkpoint holds.

    Args:
        path: The label store.
        checkpoint: The last whole checkpoint, or None.

    Yields:
        What was done, in words.
    """
    try:
        LabelStore(path).close()
        return
    except UserError as error:
        yield str(error)
    damaged = _set_aside(path)
    yield f"the damaged file is kept as {damaged}"
    copy = checkpoint / path.name if checkpoint is not None else None
    if copy is not None and copy.exists():
        shutil.copyfile(copy, path)
        yield f"the labels as of checkpoint {copy.parent.name} are restored"
    LabelStore(path).close()
    yield f"{_salvage(damaged, path)} further rows were saved from the damaged file"


def _set_aside(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(target)
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(target.with_name(target.name + suffix))
    return target


def _salvage(damaged: Path, path: Path) -> int:
    saved = 0
    source, target = sqlite3.connect(damaged), sqlite3.connect(path)
    for table in TABLES:
        for row in _readable_rows(source, table):
            marks = ", ".join("?" * len(row))
            statement = f"INSERT OR IGNORE INTO {table} VALUES ({marks})"
            saved += target.execute(statement, row).rowcount
    target.commit()
    source.close()
    target.close()
    return saved


def _readable_rows(source: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    try:
        yield from source.execute(f"SELECT * FROM {table}")
    except sqlite3.DatabaseError:
        return
