"""The buffer that gets its rewards at the end of a rollout."""

import gymnasium
import numpy as np
import pytest
import torch

from prefrl.agents.rollout_buffer import DeferredRewardBuffer, DeferredRewardDictBuffer

BOX = gymnasium.spaces.Box(-1, 1, (2,), np.float32)


def make_buffer(rewards: np.ndarray, gamma: float, gae_lambda: float) -> DeferredRewardBuffer:
    steps, envs = rewards.shape
    return DeferredRewardBuffer(
        steps, BOX, BOX, n_envs=envs, gamma=gamma, gae_lambda=gae_lambda, rewards=lambda: rewards
    )


def fill(buffer: DeferredRewardBuffer, bootstrap: np.ndarray, starts: np.ndarray) -> None:
    for step_bootstrap, step_starts in zip(bootstrap, starts, strict=True):
        zeros = np.zeros((buffer.n_envs, 2), np.float32)
        values = torch.zeros(buffer.n_envs)
        buffer.add(zeros, zeros, step_bootstrap, step_starts, values, values)


def test_advantages_are_those_of_the_deferred_rewards() -> None:
    rewards = np.array([[1.0], [2.0], [4.0]], np.float32)
    buffer = make_buffer(rewards, gamma=0.5, gae_lambda=1.0)
    fill(buffer, np.zeros((3, 1)), np.array([[1.0], [0.0], [0.0]]))
    buffer.compute_returns_and_advantage(torch.zeros(1), np.array([True]))
    np.testing.assert_allclose(buffer.advantages[:, 0], [1 + 1 + 1, 2 + 2, 4])


def test_the_time_limit_bootstrap_is_kept() -> None:
    rewards = np.array([[1.0], [1.0]], np.float32)
    buffer = make_buffer(rewards, gamma=0.9, gae_lambda=0.0)
    fill(buffer, np.array([[0.9 * 7.0], [0.0]]), np.array([[1.0], [1.0]]))
    buffer.compute_returns_and_advantage(torch.zeros(1), np.array([False]))
    np.testing.assert_allclose(buffer.advantages[:, 0], [1 + 0.9 * 7.0, 1])


@pytest.mark.parametrize("gae_lambda", [0.0, 0.95, 1.0])
def test_dictionary_observations_give_the_same_advantages(gae_lambda: float) -> None:
    rewards = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    plain = make_buffer(rewards, 0.99, gae_lambda)
    fill(plain, np.zeros((5, 2)), np.zeros((5, 2)))
    space = gymnasium.spaces.Dict(a=BOX)
    keyed = DeferredRewardDictBuffer(
        5, space, BOX, n_envs=2, gamma=0.99, gae_lambda=gae_lambda, rewards=lambda: rewards
    )
    zeros, values = np.zeros((2, 2), np.float32), torch.zeros(2)
    for _ in range(5):
        keyed.add({"a": zeros}, zeros, np.zeros(2), np.zeros(2), values, values)
    for buffer in (plain, keyed):
        buffer.compute_returns_and_advantage(torch.ones(2), np.zeros(2, bool))
    np.testing.assert_array_equal(plain.advantages, keyed.advantages)
