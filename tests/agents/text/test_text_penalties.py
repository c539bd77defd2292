"""What texts cost, worked out by hand: two environments, end token 1."""

import numpy as np
import pytest

from prefrl.agents.recording_env import Rollout
from prefrl.agents.text.penalties import TextPenalties
from prefrl.agents.text.settings import LanguageSettings

ACTIONS = np.array([[5, 6], [1, 7], [5, 8], [5, 1]])
DONES = np.array([[False, False], [True, True], [False, False], [False, True]])
LOG_RATIOS = np.array([[0.5, 1.0], [-0.1, 1.0], [2.0, 0.0], [3.0, 0.2]])


def rollout() -> Rollout:
    return Rollout(np.zeros((4, 2)), ACTIONS, np.zeros((4, 2)), DONES)


def penalties(**settings: float | None) -> TextPenalties:
    defaults: dict[str, float | None] = {"kl_coefficient": 0.0, "kl_target": None}
    made = LanguageSettings(**{**defaults, **settings})  # type: ignore[arg-type]
    return TextPenalties(made, 2, end_token=1, log_ratios=lambda: LOG_RATIOS)


def test_every_token_pays_for_its_log_ratio() -> None:
    rewards = np.arange(8.0).reshape(4, 2)
    shaped = penalties(kl_coefficient=0.1)(rewards, rollout())
    np.testing.assert_allclose(shaped, rewards - 0.1 * LOG_RATIOS)


def test_only_texts_without_an_end_token_pay_for_it() -> None:
    shaped = penalties(missing_end_penalty=3.0)(np.zeros((4, 2)), rollout())
    np.testing.assert_array_equal(shaped, [[0, 0], [0, -3], [0, 0], [0, 0]])


def test_every_token_pays_for_length() -> None:
    shaped = penalties(length_penalty=0.25)(np.ones((4, 2)), rollout())
    np.testing.assert_array_equal(shaped, np.full((4, 2), 0.75))


def test_the_kl_is_that_of_texts_that_ended_also_over_rollouts() -> None:
    shaping = penalties()
    shaping(np.zeros((4, 2)), rollout())
    assert shaping.metrics()["kl"] == pytest.approx(np.mean([0.4, 2.0, 0.2]))
    shaping(np.zeros((4, 2)), rollout())
    ended = [0.4, 2.0, 0.2, 5.0 + 0.4, 2.0, 0.2]  # one text began in the rollout before
    assert shaping.metrics()["kl"] == pytest.approx(np.mean(ended))


def test_the_coefficient_is_steered_after_it_was_used() -> None:
    shaping = penalties(kl_coefficient=0.1, kl_target=0.5, kl_horizon=100)
    shaped = shaping(np.zeros((4, 2)), rollout())
    np.testing.assert_allclose(shaped, -0.1 * LOG_RATIOS)
    assert shaping.metrics()["kl_coefficient"] == pytest.approx(0.1 * (1 + 0.2 * 3 / 100))


def test_the_coefficient_is_all_the_state_between_rounds() -> None:
    shaping, copy = penalties(kl_coefficient=0.1, kl_target=0.5), penalties(kl_target=0.5)
    shaping(np.zeros((4, 2)), rollout())
    copy.load_state(shaping.state())
    shaping.restart()
    steps = rollout()
    expected = shaping(np.zeros((4, 2)), steps)
    np.testing.assert_array_equal(copy(np.zeros((4, 2)), steps), expected)
    assert shaping.state() == copy.state()
