"""Who is asked which question."""

from collections.abc import Callable

import pytest

from prefrl.labelling.asked_questions import AskedQuestion
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.labelling.questions import Holder, QuestionQueue, shown_left
from prefrl.queries import QueryKey

Make = Callable[..., Submission]
ANN, BEN = Holder("ann", "1"), Holder("ben", "2")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(ledger: Ledger, clock: Clock) -> QuestionQueue:
    return QuestionQueue(ledger, lease_seconds=10, repeat_share=0, clock=clock)


def take(queue: QuestionQueue, holder: Holder, count: int = 2) -> list[int]:
    return [q.key.index for q in queue.take(holder, count, lambda _: True)]


def test_no_question_is_given_to_two(queue: QuestionQueue) -> None:
    assert take(queue, ANN) == [0, 1]
    assert take(queue, BEN) == [2, 3]
    assert take(queue, Holder("ann", "other tab")) == [4, 5]
    assert take(queue, ANN) == [0, 1]
    assert queue.held_by_another(QueryKey("run", 0, 0), BEN)
    assert not queue.held_by_another(QueryKey("run", 0, 0), ANN)
    assert not queue.held_by_another(QueryKey("run", 0, 7), BEN)


def test_a_page_that_is_silent_loses_its_questions(queue: QuestionQueue, clock: Clock) -> None:
    assert take(queue, ANN) == [0, 1]
    clock.now = 9.0
    assert take(queue, ANN) == [0, 1]
    clock.now = 18.0
    assert take(queue, BEN) == [2, 3]
    clock.now = 19.5
    assert not queue.held_by_another(QueryKey("run", 0, 0), BEN)
    assert take(queue, BEN, 4) == [2, 3, 0, 1]
    assert take(queue, ANN) == [4, 5]


def test_only_questions_that_can_be_shown_are_given(queue: QuestionQueue) -> None:
    def ready(question: AskedQuestion) -> bool:
        return question.key.index in (3, 6)

    assert [q.key.index for q in queue.take(ANN, 4, ready)] == [3, 6]
    assert [q.key.index for q in queue.upcoming(3)] == [0, 1, 2]


def test_an_answered_question_makes_room_for_the_next(
    queue: QuestionQueue, submission: Make
) -> None:
    take(queue, ANN)
    assert queue.record(submission(0))
    assert take(queue, ANN) == [1, 2]
    assert not queue.record(submission(0))


def test_an_undone_question_comes_first(queue: QuestionQueue, submission: Make) -> None:
    take(queue, ANN)
    for index in (0, 1):
        queue.record(submission(index))
    take(queue, ANN)
    for token, expected in (("a", 1), ("b", 0)):
        undone = queue.undo(token, ANN)
        assert undone is not None
        assert undone.key.index == expected
    assert take(queue, ANN) == [0, 1, 2, 3]
    assert take(queue, BEN) == [4, 5]
    assert queue.undo("c", ANN) is None


def repeats_of(queue: QuestionQueue, holder: Holder) -> list[QueryKey]:
    return [q.key for q in queue.take(holder, 9, lambda _: True) if q.key.repeat]


def test_a_pair_is_asked_again_only_of_who_answered_it(ledger: Ledger, submission: Make) -> None:
    queue = QuestionQueue(ledger, repeat_share=1)
    queue.record(submission(0))
    for index in range(1, 5):
        queue.record(submission(index, "skip"))
        assert repeats_of(queue, ANN) == []
    queue.record(submission(5, "skip"))
    assert repeats_of(queue, BEN) == []
    assert repeats_of(queue, ANN) == [QueryKey("run", 0, 0, 1)]
    queue.record(submission(0, 1, repeat=1))
    assert repeats_of(queue, ANN) == []


def test_among_several_labellers_pairs_are_asked_again_of_another(
    ledger: Ledger, submission: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefrl.labelling.questions.OTHERS_SHARE", 1.0)
    queue = QuestionQueue(ledger, repeat_share=1)
    queue.record(submission(0))
    assert repeats_of(queue, BEN) == []  # who has not answered anything yet
    queue.record(submission(1, "skip", labeller="ben"))
    assert repeats_of(queue, ANN) == []
    assert repeats_of(queue, BEN) == [QueryKey("run", 0, 0, 1)]


def test_when_nothing_else_is_left_pairs_are_asked_again_at_once(
    ledger: Ledger, submission: Make
) -> None:
    queue = QuestionQueue(ledger, repeat_share=1)
    for index in range(8):
        queue.record(submission(index, "skip" if index else 0))
    assert repeats_of(queue, ANN) == [QueryKey("run", 0, 0, 1)]


def test_an_undone_verdict_is_not_asked_again(ledger: Ledger, submission: Make) -> None:
    queue = QuestionQueue(ledger, repeat_share=1)
    queue.record(submission(0))
    queue.undo("undo", ANN)
    for index in range(1, 8):
        queue.record(submission(index, "skip"))
    assert repeats_of(queue, ANN) == []


def test_about_the_given_share_is_asked_again(ledger: Ledger) -> None:
    queue = QuestionQueue(ledger)
    keys = [QueryKey("run", 1, index) for index in range(4000)]
    assert 0.04 < sum(map(queue._repeats, keys)) / len(keys) < 0.06


def test_sides_are_shuffled_and_swapped_for_a_re_ask() -> None:
    keys = [QueryKey("run", 0, index) for index in range(2000)]
    left = [shown_left(key) for key in keys]
    assert 900 < sum(left) < 1100
    assert [shown_left(QueryKey("run", 0, k.index, 1)) for k in keys] == [1 - s for s in left]
