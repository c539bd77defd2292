"""What a finished rollout is worth to the agent, and the returns of its episodes."""

import numpy as np

from prefrl.preference_learner import PreferenceLearner
from prefrl.trees import Array

from .episode_returns import EpisodeReturns
from .metrics import Metrics
from .recording_env import RecordingVecEnv, Rollout
from .reward_shaping import RewardShaping
from .reward_terms import learned_reward, true_reward


class RolloutRewards:
    """Gives the rewards of each rollout when it is over, in one batch.

    Args:
        env: Records the rollouts.
        preferences: What learns the reward; None for the true one.
        shaping: What becomes of the rewards.
    """

    def __init__(
        self, env: RecordingVecEnv, preferences: PreferenceLearner | None, shaping: RewardShaping
    ) -> None:
        """Start with no episodes seen."""
        self._env, self._preferences = env, preferences
        self.shaping = shaping
        self._true_returns = EpisodeReturns(env.num_envs)
        self._predicted_returns = EpisodeReturns(env.num_envs)

    def __call__(self) -> Array:
        """Return the rewards of the rollout that has just ended, `[T, N]`."""
        rollout = self._env.take_rollout()
        self._true_returns.add(rollout.true_rewards, rollout.dones)
        if self._preferences is not None and self._preferences.last_report is None:
            return np.zeros(rollout.dones.shape)
        rewards = self._reward(rollout)
        self._predicted_returns.add(rewards, rollout.dones)
        return self.shaping(rewards, rollout)

    def _reward(self, rollout: Rollout) -> Array:
        if self._preferences is None:
            return true_reward(rollout)
        return learned_reward(self._preferences.model)(rollout)

    def restart(self) -> None:
        """Start new episodes, after a reset of the environments."""
        for part in (self.shaping, self._true_returns, self._predicted_returns):
            part.restart()

    def metrics(self) -> Metrics:
        """Return mean returns of the episodes that ended since the last restart, and more."""
        return {
            "true_return": self._true_returns.mean,
            "predicted_return": self._predicted_returns.mean if self._preferences else None,
            **self.shaping.metrics(),
        }
