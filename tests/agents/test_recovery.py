"""Mending label stores."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from prefrl.agents.recovery import mend_store
from prefrl.errors import UserError
from prefrl.queries import Query, QueryKey
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer


def add_labels(path: Path, indices: range) -> None:
    store = LabelStore(path)
    rng = np.random.default_rng(indices.start)
    queries = [
        Query(
            QueryKey("run", 0, index),
            tuple(
                Segment(rng.normal(size=(40, 3)), rng.normal(size=(40, 1)), np.zeros(40))
                for _ in range(2)
            ),
        )
        for index in indices
    ]
    store.ask(queries)
    store.answer([Answer(query, 1) for query in queries])
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of 60 labels, 20 of which are in the checkpoint beside it."""
    path = tmp_path / "labels.sqlite"
    add_labels(path, range(20))
    (tmp_path / "checkpoint").mkdir()
    LabelStore(path).copy_to(tmp_path / "checkpoint" / "labels.sqlite")
    add_labels(path, range(20, 60))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def mend(store: Path) -> list[str]:
    return list(mend_store(store, store.parent / "checkpoint"))


def test_a_sound_store_is_left_alone(store: Path) -> None:
    before = store.read_bytes()
    assert mend(store) == []
    assert store.read_bytes() == before


def test_a_missing_store_is_restored(store: Path) -> None:
    store.unlink()
    assert "missing" in mend(store)[0]
    assert LabelStore(store).labels_used() == 20


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_what_a_damaged_store_still_gives_is_added(store: Path, place: float) -> None:
    content = bytearray(store.read_bytes())
    page = int(len(content) * place) // 4096 * 4096
    content[page : page + 4096] = np.random.default_rng(0).bytes(4096)
    store.write_bytes(content)
    mend(store)
    kept = LabelStore(store).comparisons()
    assert {c.query.key.index for c in kept} >= set(range(20))
    assert all(c.verdict == 1 for c in kept)


def test_without_a_checkpoint_what_can_be_read_is_kept(store: Path) -> None:
    shutil.rmtree(store.parent / "checkpoint")
    store.write_bytes(b"no database at all" * 1000)
    said = list(mend_store(store, None))
    assert "0 further rows" in said[-1]
    assert store.with_name("labels.sqlite.damaged-1").exists()


def test_a_store_that_is_in_use_is_not_taken_for_damaged(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("prefrl.store.BUSY_MILLISECONDS", 10)
    with pytest.raises(UserError, match="cannot use the label store"):
        mend(store)
    holder.close()
    assert LabelStore(store).labels_used() == 60
