"""Tests of prefrl.agents.relabelling_buffer."""

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray

from prefrl.agents.relabelling_buffer import RelabellingDictReplayBuffer, RelabellingReplayBuffer
from prefrl.trees import Array, Tree


class Changing:
    """Predicts a factor times the sum of observation and action."""

    factor = 1.0

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        leaf = observations["x"] if isinstance(observations, dict) else observations
        sums = leaf.reshape(len(leaf), -1).sum(1) + actions.reshape(len(actions), -1).sum(1)
        return np.asarray(self.factor * sums, np.float32)


def test_rewards_are_those_of_the_model_as_it_is_when_a_batch_is_drawn() -> None:
    observed, acted = spaces.Box(-9, 9, (2,)), spaces.Box(0, 4, (1,))
    reward = Changing()
    buffer = RelabellingReplayBuffer(10, observed, acted, "cpu", n_envs=1, reward=reward)
    step = np.array([[1.0, 2.0]]), np.array([[0.5]])  # scaled: half way from the middle to 4
    buffer.add(step[0], step[0], step[1], np.array([77.0]), np.array([False]), [{}])
    for factor in (1.0, -2.0):
        reward.factor = factor
        rewards = buffer.sample(3).rewards
        torch.testing.assert_close(rewards, torch.full((3, 1), factor * (3 + 3)))


def test_discrete_actions_and_dictionaries() -> None:
    observed, acted = spaces.Dict({"x": spaces.Box(-9, 9, (1,))}), spaces.Discrete(5)
    buffer = RelabellingDictReplayBuffer(
        10, observed, acted, "cpu", n_envs=1, optimize_memory_usage=False, reward=Changing()
    )
    seen = {"x": np.array([[1.5]])}
    buffer.add(seen, seen, np.array([[4]]), np.array([77.0]), np.array([False]), [{}])
    torch.testing.assert_close(buffer.sample(2).rewards, torch.full((2, 1), 5.5))
