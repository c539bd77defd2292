"""Tests of agents/tamer/learner.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.agents.tamer.credit import Credit
from prefrl.agents.tamer.learner import Learner, refit
from prefrl.agents.tamer.model import ReinforcementModel
from prefrl.feedback import Feedback, ShownStep

STEP_SIZE = 1e-3
FEATURES = 2 * (2 * 6 + 3)  # Knox's on a board of six columns


def shown(number: int, shown_at: float, *, trains: bool = True) -> ShownStep:
    change = np.random.default_rng(number).normal(size=FEATURES).astype(np.float32)
    return ShownStep(number, 1, 0, shown_at, trains, change)


def said(number: int, clock: float, value: float = 1.0, *, step: int = 0) -> Feedback:
    return Feedback(value, "ann", step, clock, 0.0, f"{number}")


def learner(credit: Credit = "previous") -> Learner:
    return Learner(ReinforcementModel(6), credit, STEP_SIZE)


def refitted(online: Learner, credit: Credit) -> ReinforcementModel:
    model = ReinforcementModel(6)
    refit(model, online.steps, online.feedback, credit=credit, step_size=STEP_SIZE)
    return model


def assert_same(model: ReinforcementModel, other: ReinforcementModel) -> None:
    np.testing.assert_array_equal(model.weights, other.weights)
    assert model.bias == other.bias


def test_an_update_is_one_step_down_the_squared_error() -> None:
    online = learner()
    first, second = shown(1, 0.0), shown(2, 1.0)
    online.show(first)
    online.give(said(1, 0.5, -1.0, step=1))
    online.settle(1.0)
    x = first.change.astype(np.float64)
    np.testing.assert_allclose(online.model.weights, -STEP_SIZE * x)
    assert online.model.bias == pytest.approx(-STEP_SIZE)
    online.show(second)
    online.give(said(2, 1.2, step=2))
    online.give(said(3, 1.4, step=2))
    online.settle(2.0)
    y = second.change.astype(np.float64)
    error = 2.0 + STEP_SIZE * (x @ y + 1)
    np.testing.assert_allclose(online.model.weights, STEP_SIZE * (error * y - x))


def test_what_nobody_judged_teaches_zero_and_what_does_not_train_teaches_nothing() -> None:
    online = learner()
    online.show(shown(1, 0.0))
    online.give(said(1, 0.0, step=1))
    online.settle(1.0)
    after_one = online.model.weights.copy()
    online.show(shown(2, 1.0, trains=False))
    online.give(said(2, 1.5, step=2))
    online.settle(2.0)
    np.testing.assert_array_equal(online.model.weights, after_one)
    online.show(shown(3, 2.0))
    online.settle(3.0)
    x = shown(3, 2.0).change.astype(np.float64)
    prediction = after_one @ x + STEP_SIZE
    np.testing.assert_allclose(online.model.weights, after_one - STEP_SIZE * prediction * x)


def test_delayed_feedback_is_waited_for() -> None:
    online = learner("uniform")
    online.show(shown(1, 0.0))
    online.settle(1.0)
    online.show(shown(2, 1.0))
    online.settle(1.5)
    assert not online.model.weights.any()
    online.give(said(1, 1.5))  # delays of 0.5 to 0.8 s reach back to the first
    online.settle(1.9)
    x = shown(1, 0.0).change.astype(np.float64)
    np.testing.assert_allclose(online.model.weights, STEP_SIZE * 0.5 * x)


def test_feedback_that_comes_too_late_is_learned_all_the_same() -> None:
    online = learner()
    for number in range(1, 5):
        online.show(shown(number, float(number)))
        online.settle(number + 1.0)
    online.give(said(1, 2.5, -1.0, step=2))
    assert online.model.weights.any()
    assert_same(online.model, refitted(online, "previous"))


def test_what_is_taken_back_was_never_said() -> None:
    online, other = learner(), learner()
    for number in range(1, 6):
        for one in (online, other):
            one.show(shown(number, float(number)))
            one.give(said(number, float(number), step=number))
            one.settle(number + 1.0)
        online.give(said(100 + number, number + 0.5, -1.0, step=number))
    online.replace_feedback([piece for piece in online.feedback if int(piece.token) < 100])
    assert_same(online.model, other.model)


@given(
    st.sampled_from(["previous", "gamma", "uniform"]),
    st.lists(st.tuples(st.sampled_from(["place", "say", "undo"]), st.floats(0, 3)), max_size=40),
)
def test_the_model_is_always_what_the_store_gives(
    credit: Credit, moves: list[tuple[str, float]]
) -> None:
    online, clock = learner(credit), 0.0
    for number, (move, passed) in enumerate(moves):
        clock += passed
        if move == "place":
            online.settle(clock)
            online.show(shown(number, clock, trains=number % 5 > 0))
        elif move == "say":
            late = passed if number % 3 == 0 else 0.0
            about = max(0, len(online.steps) - number % 3)
            online.give(said(number, clock - late, 1.0 if number % 2 else -1.0, step=about))
        else:
            online.replace_feedback(online.feedback[:-1])
    online.finish()
    assert_same(online.model, refitted(online, credit))
