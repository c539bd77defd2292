"""Tests of agents/tamer/session.py."""

import threading

import numpy as np
import pytest

from prefrl.agents.tamer.credit import Credit
from prefrl.agents.tamer.learner import refit
from prefrl.agents.tamer.model import ReinforcementModel
from prefrl.agents.tamer.player import Player
from prefrl.agents.tamer.session import TamerSession
from prefrl.agents.tamer.settings import TamerSettings
from prefrl.feedback import FeedbackLedger
from prefrl.labelling.live_session import LiveSession


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Sitting:
    """A session with a clock of its own, advanced by hand."""

    def __init__(self, settings: TamerSettings, ledger: FeedbackLedger) -> None:
        self.time = Clock()
        self.ledger = ledger
        self.player = Player(settings, ledger)
        self.session = TamerSession(self.player, ledger, now=self.time, wall=self.time)
        self.session.pause(False)  # starts the clock, as `run` does
        self.said = 0

    def place(self, seconds: float = 1.0) -> None:
        self.time.seconds += seconds
        self.session.advance()

    def say(self, value: float, late: float = 0.0) -> bool:
        self.said += 1
        given_at, token = self.time.seconds - late, f"{self.said}"
        return self.session.feedback(value, labeller="ann", given_at=given_at, token=token)

    def assert_model_is_that_of_the_store(self, credit: Credit) -> None:
        self.player.learner.finish()
        model = ReinforcementModel(6)
        size = self.player.settings.step_size
        steps, feedback = self.ledger.shown(), self.ledger.standing()
        refit(model, steps, feedback, credit=credit, step_size=size)
        np.testing.assert_array_equal(self.player.learner.model.weights, model.weights)


@pytest.fixture
def sitting(settings: TamerSettings, ledger: FeedbackLedger) -> Sitting:
    return Sitting(settings, ledger)


def test_it_is_a_live_session(sitting: Sitting) -> None:
    session: LiveSession = sitting.session
    step, picture = session.frame()
    assert step == 0
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3


def test_feedback_is_in_the_store_when_it_was_given(sitting: Sitting) -> None:
    sitting.place()
    sitting.place()
    assert sitting.say(1.0)
    assert sitting.say(-1.0, late=0.5)
    assert sitting.say(-1.0, late=1.2)
    rows = sitting.ledger.standing()
    assert [(row.value, row.step) for row in rows] == [(1.0, 2), (-1.0, 1), (-1.0, 0)]
    assert [row.clock for row in rows] == pytest.approx([2.0, 1.5, 0.8])
    state = sitting.session.state()
    assert (state.good, state.bad, state.step, state.episode) == (1, 2, 2, 1)


def test_what_is_sent_again_counts_once(sitting: Sitting) -> None:
    sitting.place()
    for expected in (True, False):
        answer = sitting.session.feedback(1.0, labeller="ann", given_at=101.0, token="same")
        assert answer is expected
    assert sitting.session.state().good == 1
    for expected in (True, False):
        assert sitting.session.undo(labeller="ann", token="back") is expected
    assert sitting.session.state().good == 0


@pytest.mark.parametrize("credit", ["previous", "gamma", "uniform"])
def test_what_was_learned_online_is_what_the_store_gives(
    settings: TamerSettings, ledger: FeedbackLedger, credit: Credit
) -> None:
    sitting = Sitting(_with(settings, credit), ledger)
    generator = np.random.default_rng(0)
    for number in range(40):
        sitting.place(generator.uniform(0.2, 1.5))
        if number % 7 == 3:
            sitting.session.train(number % 2 == 0)
        if generator.random() < 0.7:
            sitting.time.seconds += generator.uniform(0, 0.5)
            sitting.say(generator.choice([1.0, -1.0]), late=generator.uniform(0, 2))
        if generator.random() < 0.2:
            sitting.session.undo(labeller="ann", token=f"back {number}")
    assert sitting.player.learner.model.weights.any()
    sitting.assert_model_is_that_of_the_store(credit)


def test_the_clock_stands_while_the_session_is_paused(sitting: Sitting) -> None:
    sitting.place()
    sitting.session.pause(True)
    sitting.time.seconds += 60
    assert sitting.session.clock == pytest.approx(1.0)
    sitting.say(1.0)
    sitting.session.pause(False)
    sitting.place()
    assert [step.shown_at for step in sitting.ledger.shown()] == pytest.approx([1.0, 2.0])
    assert sitting.ledger.standing()[0].clock == pytest.approx(1.0)


def test_nothing_is_learned_from_placements_without_training(sitting: Sitting) -> None:
    sitting.session.train(False)
    for _ in range(5):
        sitting.place()
        sitting.say(1.0)
    assert not sitting.player.learner.model.weights.any()
    assert len(sitting.ledger.standing()) == 5
    sitting.session.train(True)
    sitting.place()
    sitting.say(1.0)
    sitting.place()
    assert sitting.player.learner.model.weights.any()


def test_a_session_goes_on_where_it_was(
    sitting: Sitting, settings: TamerSettings, ledger: FeedbackLedger
) -> None:
    for number in range(15):
        sitting.place()
        sitting.say(1.0 if number % 3 else -1.0)
    again = Sitting(settings, ledger)
    sitting.player.learner.settle(1e9)
    again.player.learner.settle(1e9)
    np.testing.assert_array_equal(
        again.player.learner.model.weights, sitting.player.learner.model.weights
    )
    assert again.session.state() == sitting.session.state()
    np.testing.assert_array_equal(again.session.frame()[1], sitting.session.frame()[1])
    again.place()
    assert again.session.state().step == sitting.session.state().step + 1
    assert again.ledger.shown()[-1].shown_at > ledger.standing()[-1].clock


def test_run_plays_all_games_and_takes_nothing_more(
    settings: TamerSettings, ledger: FeedbackLedger
) -> None:
    ended: list[int] = []
    player = Player(_with(settings, "previous", most_pieces=4), ledger)
    session = TamerSession(player, ledger, on_game=lambda: ended.append(player.steps))
    session.set_speed(1e6)
    assert session.state().steps_per_second == 20
    session.run()
    assert ended == [4, 8, 12]
    assert session.state().finished
    assert not session.feedback(1.0, labeller="ann", given_at=0.0, token="late")
    assert not session.undo(labeller="ann", token="late too")


def test_a_paused_session_can_be_stopped(settings: TamerSettings, ledger: FeedbackLedger) -> None:
    session = TamerSession(Player(settings, ledger), ledger)
    session.pause(True)
    thread = threading.Thread(target=session.run)
    thread.start()
    session.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert session.state().step == 0
    assert session.state().finished


def _with(settings: TamerSettings, credit: Credit, **changes: int) -> TamerSettings:
    return TamerSettings(**{**settings.to_json(), "credit": credit, **changes})
