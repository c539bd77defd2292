"""Scaling rewards by the spread of discounted returns."""

import numpy as np
import pytest

from prefrl.agents.recording_env import Rollout
from prefrl.agents.return_scaling import ReturnScaler


def rollout(dones: np.ndarray) -> Rollout:
    nothing = np.zeros(dones.shape)
    return Rollout(nothing, nothing, nothing, dones)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_scaled_rewards_do_not_depend_on_the_unit(scale: float) -> None:
    rewards = np.random.default_rng(0).normal(size=(200, 4))
    steps = rollout(np.zeros((200, 4), bool))
    expected = ReturnScaler(4, 0.9)(rewards, steps)
    np.testing.assert_allclose(ReturnScaler(4, 0.9)(rewards * scale, steps), expected, rtol=0.02)


def test_without_discounted_future_rewards_have_deviation_one() -> None:
    rewards = np.random.default_rng(0).normal(5.0, 3.0, size=(1000, 4))
    scaled = ReturnScaler(4, gamma=0.0)(rewards, rollout(np.zeros((1000, 4), bool)))
    assert scaled.std() == pytest.approx(1, abs=0.02)
    assert scaled.mean() == pytest.approx(5 / 3, abs=0.05)


def test_returns_end_with_their_episode() -> None:
    scaler = ReturnScaler(1, gamma=0.99)
    scaler(np.ones((50, 1)), rollout(np.ones((50, 1), bool)))
    assert scaler.state()["mean"] == pytest.approx(1, abs=1e-3)


def test_state_round_trip() -> None:
    rng = np.random.default_rng(0)
    scaler, copy = ReturnScaler(2, 0.9), ReturnScaler(2, 0.9)
    steps = rollout(np.zeros((10, 2), bool))
    scaler(rng.normal(size=(10, 2)), steps)
    copy.load_state(scaler.state())
    scaler.restart()
    rewards = rng.normal(size=(10, 2))
    np.testing.assert_array_equal(scaler(rewards, steps), copy(rewards, steps))
