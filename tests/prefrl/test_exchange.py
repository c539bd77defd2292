"""Tests of prefrl.exchange."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.errors import UserError
from prefrl.exchange import export_labels, import_labels, read_answers
from prefrl.queries import Query, Verdict
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer

MakeSegment = Callable[..., Segment]
MakeQuery = Callable[..., Query]
Pair = tuple[Segment, Segment]


@pytest.fixture
def other(tmp_path: Path) -> LabelStore:
    """A second store, empty."""
    return LabelStore(tmp_path / "other.sqlite")


@pytest.fixture
def exported(store: LabelStore, pair: Pair, make_query: MakeQuery, tmp_path: Path) -> Path:
    """The folder of an export of four questions, three of which have a verdict."""
    queries = [make_query(*pair, index=index) for index in range(4)]
    store.ask(queries)
    given: list[Verdict] = [1, "tie", "skip"]
    for query, verdict in zip(queries[:3], given, strict=True):
        store.answer([Answer(query, verdict, "ann", seconds=2.5, answered_at=9.25, shown_left=1)])
    assert export_labels(store, tmp_path / "export") == 3
    return tmp_path / "export"


def contents(store: LabelStore) -> list[dict[str, Any]]:
    """Return all that a store holds, segments by id."""
    rows = []
    for label in store.labels():
        row = {**vars(label.query), **({} if label.answer is None else vars(label.answer))}
        row.pop("query", None)
        row["segments"] = [segment.id for segment in label.query.segments]
        rows.append(row)
    return rows


def test_an_import_restores_what_was_exported(
    exported: Path, store: LabelStore, other: LabelStore
) -> None:
    assert import_labels(other, exported) == 3
    assert contents(other) == contents(store)[:3]


def test_labels_that_a_store_has_already_are_left_as_they_are(
    exported: Path, store: LabelStore, make_query: MakeQuery, pair: Pair
) -> None:
    store.answer([Answer(make_query(*pair), 0, "bob")])
    before = contents(store)
    assert import_labels(store, exported) == 0
    assert contents(store) == before


def test_an_import_answers_questions_that_are_still_open(
    exported: Path, other: LabelStore, pair: Pair, make_query: MakeQuery
) -> None:
    other.ask([make_query(*pair, index=1)])
    assert import_labels(other, exported) == 3
    assert len(other.labels()) == 3


def test_groups_masks_dictionaries_and_snapshots_survive(
    store: LabelStore, other: LabelStore, make_segment: MakeSegment, make_query: MakeQuery,
    tmp_path: Path,
) -> None:  # fmt: skip
    settings: dict[str, Any] = {"group": "What is\n“this”?", "mask": [False, True]}
    settings |= {"observations": {"ids": np.arange(2)}, "snapshots": np.ones((2, 3))}
    query = make_query(*(make_segment([0.0, value], **settings) for value in (1.0, 2.0, 3.0)))
    store.ask([query])
    store.answer([Answer(query, 2)])
    export_labels(store, tmp_path)
    import_labels(other, tmp_path)
    assert contents(other) == contents(store)


def test_an_empty_store_can_be_exchanged(
    store: LabelStore, other: LabelStore, tmp_path: Path
) -> None:
    assert export_labels(store, tmp_path / "new" / "folder") == 0
    assert import_labels(other, tmp_path / "new" / "folder") == 0


def test_a_line_is_plain_json_with_the_promised_names(exported: Path) -> None:
    lines = (exported / "comparisons.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    promised = (
        "run round index repeat verdict labeller seconds asked_at answered_at shown_left "
        "strategy agent_step segment_ids"
    )
    assert set(record) == set(promised.split())
    assert [json.loads(line)["verdict"] for line in lines] == [1, "tie", "skip"]
    with np.load(exported / "segments.npz") as archive:
        assert f"{record['segment_ids'][0]}/actions" in archive.files


@pytest.mark.parametrize("name", ["comparisons.jsonl", "segments.npz"])
def test_a_missing_file_is_named(exported: Path, name: str) -> None:
    (exported / name).unlink()
    with pytest.raises(UserError, match=name):
        read_answers(exported)


def replace_line(folder: Path, change: Callable[[str], str]) -> None:
    """Change the second of the exported lines."""
    path = folder / "comparisons.jsonl"
    lines = path.read_text().splitlines()
    lines[1] = change(lines[1])
    path.write_text("\n".join(lines) + "\n")


def assert_refused(folder: Path, other: LabelStore) -> None:
    with pytest.raises(UserError, match=r"comparisons\.jsonl, line 2 is no comparison"):
        import_labels(other, folder)
    assert other.labels() == []


@pytest.mark.parametrize("line", ["", "{", "[]", "3", "null", '"text"', "{}"])
def test_a_line_that_is_no_comparison_is_named_by_its_number(
    exported: Path, other: LabelStore, line: str
) -> None:
    replace_line(exported, lambda _: line)
    assert_refused(exported, other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", 2),
        ("verdict", -1),
        ("verdict", True),
        ("verdict", "undo"),
        ("verdict", None),
        ("segment_ids", []),
        ("segment_ids", ["nowhere", "nowhere"]),
        ("segment_ids", None),
        ("run", None),
        ("round", "first"),
        ("index", 1.5),
        ("index", 0),  # the question of the first line
        ("labeller", None),
        ("seconds", "long"),
        ("answered_at", None),
        ("asked_at", []),
        ("shown_left", "left"),
        ("agent_step", None),
        ("strategy", {}),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_added(
    exported: Path, other: LabelStore, name: str, value: Any
) -> None:
    replace_line(exported, lambda line: json.dumps({**json.loads(line), name: value}))
    assert_refused(exported, other)


@given(st.text(max_size=20) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_no_line_of_any_kind_raises_anything_but_a_user_error(tmp_path: Path, line: str) -> None:
    np.savez(tmp_path / "segments.npz")
    (tmp_path / "comparisons.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 1 is no comparison"):
        read_answers(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\3\4 cut short", b"\x80\4."])
def test_segments_that_cannot_be_read_are_reported(
    exported: Path, other: LabelStore, content: bytes
) -> None:
    (exported / "segments.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"cannot read the segments in .*segments\.npz"):
        import_labels(other, exported)


def test_a_damaged_archive_of_segments_is_reported(exported: Path) -> None:
    path = exported / "segments.npz"
    data = bytearray(path.read_bytes())
    data[60:120] = b"\xff" * 60
    path.write_bytes(data)
    with pytest.raises(UserError, match="cannot read the segments"):
        read_answers(exported)


def test_comparisons_that_are_no_text_are_reported(exported: Path) -> None:
    (exported / "comparisons.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UserError, match=r"comparisons\.jsonl"):
        read_answers(exported)


def test_line_separators_within_a_text_do_not_end_a_line(exported: Path) -> None:
    replace_line(
        exported,
        lambda line: json.dumps(
            {**json.loads(line), "labeller": "a\u2028b\x85c"}, ensure_ascii=False
        ),
    )
    assert [answer.labeller for answer in read_answers(exported)] == ["ann", "a\u2028b\x85c", "ann"]
