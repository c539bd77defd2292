"""A wrapper that replaces an environment's reward by a learned one."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from prefrl.observation_checks import check_observation
from prefrl.online_reward import OnlineReward
from prefrl.reward_source import RewardSource, open_reward, taken_actions
from prefrl.trees import Array, Tree, tree_map


class LearnedReward(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Gives the learned reward of (observation, action); the true one is in `info["true_reward"]`.

    Args:
        env: Any environment of the spaces that the reward was made for.
        reward: A folder of a run or of a saved reward (a wrapper made from a folder can be rebuilt
            from `env.spec` anywhere), a reward model, or an `OnlineReward`, which then learns from
            what happens here.

    Raises:
        UserError: If the reward was made for other spaces; in `step` and `reset`, if the
            environment gives observations that are not of its space or not finite.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], reward: RewardSource) -> None:
        """Load the reward."""
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, reward=reward)
        gymnasium.Wrapper.__init__(self, env)
        self.reward = open_reward(reward, env.observation_space, env.action_space)
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._observation = self._copy(observation)
        if isinstance(self.reward, OnlineReward):
            self.reward.restart()
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the environment; return the learned reward in place of its own."""
        before, taken = self._observation, taken_actions(action, self.env.action_space)
        observation, true_reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        self._observation = self._copy(observation)
        reward = self._reward(before, taken)
        if isinstance(self.reward, OnlineReward):
            self.reward.record(before, taken, float(true_reward), terminated or truncated)
        info = {**info, "true_reward": float(true_reward)}
        return observation, reward, terminated, truncated, info

    def _reward(self, observation: Tree, action: Array) -> float:
        batch = tree_map(lambda leaf: leaf[None], observation)
        return float(self.reward.predict(batch, np.asarray(action)[None])[0])

    def _copy(self, observation: Any) -> Tree:
        copy = tree_map(np.array, observation)
        check_observation(copy, self.env.observation_space, self._steps)
        return copy
