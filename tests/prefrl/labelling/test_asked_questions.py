"""What is read of the store's questions and verdicts."""

from collections.abc import Callable

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from prefrl import store_tables as tables
from prefrl.labelling.asked_questions import AskedQuestions
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.queries import QueryKey
from prefrl.store import LabelStore


def open_indices(asked: AskedQuestions) -> list[int]:
    return [question.key.index for question in asked.open(repeats=False)]


def test_what_is_new_is_read_and_what_is_taken_back_is_open_again(
    store: LabelStore, ledger: Ledger, submission: Callable[..., Submission]
) -> None:
    ledger.record(submission(2))
    with ledger.as_it_stands() as asked:
        assert open_indices(asked) == [0, 1, 3, 4, 5, 6, 7]
        assert asked.labellers() == {"ann"}
    ledger.undo("a-token", "ann")
    ledger.ask_again(QueryKey("run", 0, 4))
    with ledger.as_it_stands() as asked:
        assert open_indices(asked) == list(range(8))
        assert [question.key.repeat for question in asked.open(repeats=True)] == [1]
        assert len(asked.all()) == 9


def test_rows_that_appear_out_of_order_are_not_missed(
    store: LabelStore, ledger: Ledger, submission: Callable[..., Submission]
) -> None:
    ledger.record(submission(0))
    with store.transaction() as connection:
        connection.execute(sa.update(tables.verdicts).values(id=100))
        connection.execute(sa.update(tables.questions).values(asked_at=1e12))
    assert ledger.questions()[0].standing is not None
    ledger.record(submission(1))
    ledger.ask_again(QueryKey("run", 0, 0))  # dated before those that were read
    with store.transaction() as connection:
        connection.execute(
            sa.update(tables.verdicts).where(tables.verdicts.c.id > 100).values(id=3)
        )
    questions = ledger.questions()
    assert len(questions) == 9
    answered = {q.key.index for q in questions if q.standing is not None}
    assert answered == {0, 1}


@given(st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=20))
def test_reading_bit_by_bit_is_reading_at_once(
    ledger: Ledger, store: LabelStore, moves: list[tuple[int, bool]]
) -> None:
    for number, (index, undo) in enumerate(moves):
        with ledger.as_it_stands() as asked:
            is_open = index in open_indices(asked)
        if undo:
            ledger.undo(f"undo {number} {index} {id(moves)}", "ann")
        elif is_open:
            token = f"say {number} {index} {id(moves)}"
            ledger.record(Submission(token, QueryKey("run", 0, index), 0, "ann", 1.0, 0))
        assert ledger.questions() == Ledger(store, "run").questions()
