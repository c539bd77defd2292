"""The learned reward for vectors of environments, under every autoreset mode."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper

from prefrl.autoreset import autoreset_mode
from prefrl.observation_checks import check_observations
from prefrl.online_reward import OnlineReward
from prefrl.reward_source import RewardSource, open_reward, taken_actions
from prefrl.trees import Array, Tree, tree_map


class VectorLearnedReward(VectorWrapper[Any, Any, Any, Any, Any]):
    """Gives learned rewards; the true ones are in `info["true_reward"]`.

    Under NEXT_STEP, the step that resets an ended episode ignores its action: it gets reward 0 and
    is no step of any episode. Under SAME_STEP, the reward of an episode's last step is that of the
    observation before it, as always. Under DISABLED, `reset(options={"reset_mask": mask})` starts
    new episodes where the mask says so.

    Args:
        env: Any vector of environments of the spaces that the reward was made for.
        reward: As in `LearnedReward`.

    Raises:
        UserError: If the reward was made for other spaces, or the autoreset mode is unknown; in
            `step` and `reset`, if an observation is not of its space or not finite.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], reward: RewardSource) -> None:
        """Load the reward."""
        super().__init__(env)
        self.reward = open_reward(reward, env.single_observation_space, env.single_action_space)
        self._mode = autoreset_mode(env)
        self._ended = np.zeros(env.num_envs, bool)
        self._steps = 0

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset all environments, or those of `options["reset_mask"]`."""
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        mask = np.array(mask, bool)  # Gymnasium takes it out of the options
        observations, infos = self.env.reset(seed=seed, options=options)
        self._observations = self._copy(observations)
        self._ended[mask] = False
        if isinstance(self.reward, OnlineReward):
            for env in np.flatnonzero(mask).tolist():
                self.reward.restart(env)
        return observations, infos

    def step(self, actions: Any) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        """Step all environments; return the learned rewards in place of their own."""
        before, taken = self._observations, taken_actions(actions, self.env.action_space)
        observations, true_rewards, terminated, truncated, infos = self.env.step(actions)
        lived = ~self._ended if self._mode == AutoresetMode.NEXT_STEP else np.ones_like(self._ended)
        self._steps += int(lived.sum())
        self._observations = self._copy(observations)
        self._ended = terminated | truncated
        rewards = np.where(lived, self.reward.predict(before, taken), 0.0)
        self._record(before, taken, true_rewards, lived)
        infos = {**infos, "true_reward": np.array(true_rewards), "_true_reward": lived}
        return observations, rewards, terminated, truncated, infos

    def _record(self, before: Tree, actions: Array, true_rewards: Array, lived: Array) -> None:
        if not isinstance(self.reward, OnlineReward):
            return
        for env in np.flatnonzero(lived).tolist():
            observation = tree_map(lambda leaf, env=env: leaf[env], before)
            ended = bool(self._ended[env])
            self.reward.record(observation, actions[env], float(true_rewards[env]), ended, env=env)

    def _copy(self, observations: Any) -> Tree:
        copy = tree_map(np.array, observations)
        check_observations(copy, self.env.single_observation_space, self._steps)
        return copy
