"""Tests of prefrl/feedback.py."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefrl.feedback import Feedback, FeedbackLedger, ShownStep
from prefrl.store import LabelStore


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[FeedbackLedger]:
    store = LabelStore(tmp_path / "labels.sqlite")
    yield FeedbackLedger(store, "run")
    store.close()


def shown(step: int) -> ShownStep:
    change = np.array([step, -0.1, 1e-7], np.float32)
    return ShownStep(step, 1, step % 5, step / 3, step % 2 == 0, change)


def said(token: str, value: float = 1.0, labeller: str = "ann") -> Feedback:
    return Feedback(value, labeller, step=1, clock=0.1, given_at=1e9 + 0.1, token=token)


def test_what_is_written_is_read_back_bit_by_bit(ledger: FeedbackLedger) -> None:
    assert ledger.write([shown(1), shown(2)], [said("a"), said("b", -1.0)]) == 2
    for before, after in zip([shown(1), shown(2)], ledger.shown(), strict=True):
        np.testing.assert_array_equal(after.change, before.change)
        assert {**vars(after), "change": None} == {**vars(before), "change": None}
    assert ledger.standing() == [said("a"), said("b", -1.0)]


def test_what_is_sent_again_is_written_once(ledger: FeedbackLedger) -> None:
    ledger.write([shown(1)], [said("a")])
    assert ledger.write([shown(1), shown(2)], [said("a", -1.0), said("b")]) == 1
    assert [step.step for step in ledger.shown()] == [1, 2]
    assert ledger.standing() == [said("a"), said("b")]


def test_undo_takes_back_the_labellers_own_last_feedback(ledger: FeedbackLedger) -> None:
    ledger.write([], [said("a"), said("b"), said("c", labeller="bob")])
    assert ledger.undo("u1", "ann", 2e9)
    assert not ledger.undo("u1", "ann", 2e9), "sent again"
    assert [piece.token for piece in ledger.standing()] == ["a", "c"]
    assert ledger.undo("u2", "ann", 2e9)
    assert not ledger.undo("u3", "ann", 2e9), "nothing is left"
    assert [piece.token for piece in ledger.standing()] == ["c"]


def test_runs_share_a_store_and_nothing_else(ledger: FeedbackLedger) -> None:
    other = FeedbackLedger(ledger._store, "other")
    ledger.write([shown(1)], [said("a")])
    other.write([shown(1), shown(2)], [said("a")])
    assert other.undo("u", "ann", 2e9)
    assert (len(ledger.shown()), len(other.shown())) == (1, 2)
    assert (len(ledger.standing()), len(other.standing())) == (1, 0)


def test_another_process_sees_what_was_written(ledger: FeedbackLedger) -> None:
    ledger.write([shown(1)], [said("a")])
    again = LabelStore(ledger._store.location)
    assert FeedbackLedger(again, "run").standing() == [said("a")]
    again.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["give", "undo"]), max_size=12))
def test_undoing_is_a_stack(tmp_path_factory: pytest.TempPathFactory, moves: list[str]) -> None:
    store = LabelStore(tmp_path_factory.mktemp("ledger") / "labels.sqlite")
    ledger, stack = FeedbackLedger(store, "run"), []
    for number, move in enumerate(moves):
        if move == "give":
            ledger.write([], [said(f"{number}")])
            stack.append(f"{number}")
        else:
            assert ledger.undo(f"{number}", "ann", 2e9) == bool(stack)
            del stack[-1:]
    assert [piece.token for piece in ledger.standing()] == stack
    store.close()
