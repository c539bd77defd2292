"""Tests of prefrl.store."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from prefrl.errors import UserError
from prefrl.queries import Query, QueryKey, Verdict
from prefrl.segments import Segment
from prefrl.store import LabelStore, parse_verdict
from prefrl.teachers import Answer

MakeSegment = Callable[..., Segment]
MakeQuery = Callable[..., Query]
Pair = tuple[Segment, Segment]


@pytest.fixture
def query(pair: Pair, make_query: MakeQuery) -> Query:
    return make_query(*pair)


def verdicts(store: LabelStore) -> dict[int, Verdict]:
    return {c.query.key.index: c.verdict for c in store.comparisons()}


def test_a_question_is_asked_once(store: LabelStore, query: Query) -> None:
    assert store.ask([query]) == ([], [query])
    store.answer([Answer(query, 1)])
    known, unanswered = store.ask([query])
    assert [answer.verdict for answer in known] == [1]
    assert unanswered == []
    assert len(store.labels()) == 1


def test_a_question_without_a_verdict_is_asked_again(store: LabelStore, query: Query) -> None:
    store.ask([query])
    assert store.ask([query]) == ([], [query])
    assert [label.answer for label in store.labels()] == [None]
    assert store.comparisons() == []


def test_a_verdict_can_be_undone_and_given_anew(store: LabelStore, query: Query) -> None:
    store.ask([query])
    store.answer([Answer(query, 1, "ann")])
    store.undo(query.key, "ann")
    assert verdicts(store) == {}
    store.answer([Answer(query, 0, "ann")])
    assert verdicts(store) == {0: 0}


def test_an_undo_takes_back_only_the_labellers_own_last_verdict(
    store: LabelStore, query: Query
) -> None:
    store.ask([query])
    store.answer([Answer(query, 0, "ann"), Answer(query, 1, "bob"), Answer(query, "tie", "ann")])
    store.undo(query.key, "cho")
    assert verdicts(store) == {0: "tie"}
    store.undo(query.key, "ann")
    assert verdicts(store) == {0: 1}
    store.undo(query.key, "bob")
    assert verdicts(store) == {0: 0}


def test_everything_about_a_question_and_its_answer_is_kept(
    store: LabelStore, query: Query
) -> None:
    store.ask([query])
    store.answer([Answer(query, 1, "ann", seconds=2.5, answered_at=9.25, shown_left=1)])
    (label,) = store.labels()
    kept, answer = label.query, label.answer
    assert answer is not None
    assert (kept.key, kept.strategy, kept.agent_step, kept.asked_at) == (
        query.key,
        "disagreement",
        7,
        1.5,
    )
    assert [segment.id for segment in kept.segments] == [s.id for s in query.segments]
    assert (answer.labeller, answer.seconds, answer.answered_at) == ("ann", 2.5, 9.25)
    assert answer.shown_left == 1


def test_ties_count_and_skips_and_repeats_do_not(
    store: LabelStore, pair: Pair, make_query: MakeQuery
) -> None:
    queries = [make_query(*pair, index=index) for index in range(4)]
    repeat = make_query(*pair, index=0, repeat=1)
    store.ask([*queries, repeat])
    given: list[Verdict] = [0, "tie", "skip"]
    store.answer([Answer(q, verdict) for q, verdict in zip(queries[:3], given, strict=True)])
    store.answer([Answer(repeat, 1)])
    assert store.labels_used() == 2
    assert len(store.comparisons()) == 4


def test_runs_are_kept_apart(store: LabelStore, pair: Pair, make_query: MakeQuery) -> None:
    queries = [make_query(*pair, run=run) for run in ("a", "b")]
    store.ask(queries)
    store.answer([Answer(query, 0) for query in queries])
    assert [label.query.key.run for label in store.labels("b")] == ["b"]
    assert (store.labels_used("a"), store.labels_used(), store.labels_used("c")) == (1, 2, 0)


def test_labels_come_in_the_order_of_their_keys(
    store: LabelStore, pair: Pair, make_query: MakeQuery
) -> None:
    cells = [(1, 0), (0, 10), (0, 2)]
    store.ask([make_query(*pair, round_index=cell[0], index=cell[1]) for cell in cells])
    keys = [label.query.key for label in store.labels()]
    assert keys == sorted(keys)


def test_a_query_of_many_segments_keeps_their_order(
    store: LabelStore, make_segment: MakeSegment, make_query: MakeQuery
) -> None:
    ranked = [make_segment([value]) for value in (3.0, 1.0, 2.0, 1.0)]
    store.ask([make_query(*ranked)])
    (label,) = store.labels()
    assert [segment.true_return for segment in label.query.segments] == [3, 1, 2, 1]


def test_equal_segments_are_stored_once(
    store: LabelStore, pair: Pair, make_query: MakeQuery
) -> None:
    store.ask([make_query(*pair, index=index) for index in range(3)])
    store.ask([make_query(*pair, round_index=1)])
    with sa.create_engine(f"sqlite:///{store.location}").connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM segments")) == 2


def test_reopening_and_copying_keep_everything(
    store: LabelStore, query: Query, tmp_path: Path
) -> None:
    store.ask([query])
    store.answer([Answer(query, 1)])
    store.copy_to(tmp_path / "copy.sqlite")
    store.close()
    for path in (Path(store.location), tmp_path / "copy.sqlite"):
        other = LabelStore(path)
        assert verdicts(other) == {0: 1}
        other.close()


def test_two_open_stores_see_each_others_rows(store: LabelStore, query: Query) -> None:
    other = LabelStore(store.location)
    store.ask([query])
    other.answer([Answer(query, 0)])
    assert verdicts(store) == {0: 0}
    other.close()


def test_answering_nothing_writes_nothing(store: LabelStore) -> None:
    store.answer([])
    assert store.ask([]) == ([], [])
    assert store.labels() == []


@pytest.mark.parametrize("name", ["a b.sqlite", "what?.sqlite", "100%.sqlite", "é#1.sqlite"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    LabelStore(tmp_path / name).close()
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"the label store {path} is damaged or no label store"):
        LabelStore(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_damaged_store_is_refused(
    store: LabelStore, make_segment: MakeSegment, make_query: MakeQuery, share: float
) -> None:
    pieces = [make_segment([float(value)]) for value in range(40)]
    store.ask([make_query(*pieces[:2], *pieces, index=index) for index in range(20)])
    store.close()
    path = Path(store.location)
    data = bytearray(path.read_bytes())
    middle = int(len(data) * share)
    data[middle : middle + 9000] = b"\xff" * 9000
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        LabelStore(path)


def test_a_cut_store_is_refused(store: LabelStore, query: Query) -> None:
    store.ask([query])
    store.close()
    path = Path(store.location)
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(UserError, match="damaged"):
        LabelStore(path)


KILLED = """
import sys, time
import numpy as np
from prefrl.queries import Query, QueryKey
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer

segment = Segment(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))
store = LabelStore(sys.argv[1])
for index in range(3):
    query = Query(QueryKey("run", 0, index), (segment, segment))
    store.ask([query])
    store.answer([Answer(query, 1)])
print("answered", flush=True)
time.sleep(60)
"""


def test_a_killed_process_loses_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "answered\n"
        os.kill(process.pid, signal.SIGKILL)
    store = LabelStore(path)
    assert verdicts(store) == {0: 1, 1: 1, 2: 1}
    store.close()


@pytest.mark.parametrize(("text", "verdict"), [("0", 0), ("12", 12), ("tie", "tie")])
def test_verdicts_are_read_from_text(text: str, verdict: Verdict) -> None:
    assert parse_verdict(text) == verdict


@pytest.mark.parametrize("text", ["", "left", "-1", "1.5", "undo", "Tie", "²", " 1"])
def test_other_texts_are_no_verdicts(text: str) -> None:
    with pytest.raises(ValueError, match="is no verdict"):
        parse_verdict(text)


labellers = st.sampled_from(["ann", "bob"])
places = st.integers(0, 3)
given_verdicts: st.SearchStrategy[Verdict] = st.sampled_from([0, 1, "tie", "skip"])


class StoreMachine(RuleBasedStateMachine):
    """The store behaves as a dictionary of stacks of verdicts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = LabelStore(Path(self.folder.name) / "labels.sqlite")
        self.model: dict[int, list[tuple[str, Verdict]]] = {}

    def query(self, index: int) -> Query:
        pieces = [np.full((1, 1), float(index + side)) for side in range(2)]
        segments = tuple(Segment(piece, piece, piece[:, 0]) for piece in pieces)
        return Query(QueryKey("run", 0, index), segments)

    @rule(index=places)
    def ask(self, index: int) -> None:
        known, unanswered = self.store.ask([self.query(index)])
        stack = self.model.setdefault(index, [])
        assert [answer.verdict for answer in known] == [verdict for _, verdict in stack[-1:]]
        assert len(known) + len(unanswered) == 1

    @precondition(lambda self: self.model)
    @rule(data=st.data(), labeller=labellers, verdict=given_verdicts)
    def answer(self, data: st.DataObject, labeller: str, verdict: Verdict) -> None:
        index = data.draw(st.sampled_from(sorted(self.model)))
        self.store.answer([Answer(self.query(index), verdict, labeller)])
        self.model[index].append((labeller, verdict))

    @rule(index=places, labeller=labellers)
    def undo(self, index: int, labeller: str) -> None:
        self.store.undo(QueryKey("run", 0, index), labeller)
        stack = self.model.get(index, [])
        own = [place for place, (who, _) in enumerate(stack) if who == labeller]
        if own:
            del stack[own[-1]]

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = LabelStore(self.store.location)

    @invariant()
    def agrees(self) -> None:
        standing = {index: stack[-1][1] for index, stack in self.model.items() if stack}
        assert verdicts(self.store) == standing
        assert len(self.store.labels()) == len(self.model)
        assert self.store.labels_used() == sum(v != "skip" for v in standing.values())

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=8, stateful_step_count=12)


def test_a_question_asked_again_is_as_it_was_asked_first(tmp_path: Path) -> None:
    """A replay on another processor may pick other segments than the verdict is about."""
    store = LabelStore(tmp_path / "labels.sqlite")
    one, other = (
        Segment(np.full((2, 1), value), np.zeros((2, 1)), np.zeros(2)) for value in (1.0, 2.0)
    )
    key = QueryKey("run", 0, 0)
    first = Query(key, (one, other))
    store.ask([first])
    store.answer([Answer(first, 1)])
    (answer,), _ = store.ask([Query(key, (other, one))])
    assert [segment.id for segment in answer.query.segments] == [one.id, other.id]
    assert answer.verdict == 1
