"""Gymnasium's vectors of environments for Stable-Baselines3."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from prefrl.autoreset import autoreset_mode
from prefrl.errors import UserError
from prefrl.trees import Array, Tree, tree_leaves, tree_map

from .vector_infos import info_rows


class VectorAdapter(VecEnv):
    """Any vector of environments, under every autoreset mode; ended episodes restart at once.

    Stable-Baselines3 wants the first observation of the next episode together with the end of the
    last one. Under SAME_STEP the vector gives both. Under DISABLED and NEXT_STEP those that ended
    are reset by `reset(options={"reset_mask": mask})`, so that the step by which NEXT_STEP would
    reset them never happens; where all ended at once, under NEXT_STEP it is taken here, unseen.

    Attributes and methods are those of the vector, which its environments share. A vector whose
    `snapshot()` returns drawing states, one row per environment, can be drawn.

    Args:
        env: The vector.

    Raises:
        UserError: If the autoreset mode is unknown; in `step`, if a vector under NEXT_STEP or
            DISABLED resets environments that the mask leaves out, or one under SAME_STEP does not
            give the last observation of an episode.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Take the spaces of a single environment."""
        self.env = env
        self._mode = autoreset_mode(env)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def drawing_state(self) -> dict[str, Any]:
        """Return what to record before a step (see `SegmentRecorder.record`)."""
        read = getattr(self.env.unwrapped, "snapshot", None)
        return {} if read is None else {"snapshots": np.array(read())}

    def reset(self) -> Any:
        """Reset all environments with their seeds, if any.

        A vector that takes no list of seeds gets the first one.
        """
        seeds: Any = None if None in self._seeds else self._seeds
        try:
            observations, infos = self.env.reset(seed=seeds)
        except (gymnasium.error.Error, TypeError, ValueError):
            if seeds is None:
                raise
            observations, infos = self.env.reset(seed=seeds[0])
        self._reset_seeds()
        self.reset_infos = info_rows(infos, self.num_envs)
        return _copy(observations)

    def step_async(self, actions: Array) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments with the actions kept; rewards are float64."""
        given, rewards, terminated, truncated, infos = self.env.step(self._actions)
        observations, true_rewards = _copy(given), np.array(rewards, float)
        dones = np.logical_or(terminated, truncated)
        rows = info_rows(infos, self.num_envs)
        for env in np.flatnonzero(dones).tolist():
            rows[env] = self._last_info(rows[env], observations, env)
            rows[env]["TimeLimit.truncated"] = bool(truncated[env] and not terminated[env])
        if dones.any() and self._mode != AutoresetMode.SAME_STEP:
            observations = self._restart(observations, dones)
        return observations, true_rewards, dones, rows

    def _last_info(self, info: dict[str, Any], observations: Tree, env: int) -> dict[str, Any]:
        """Return the info of an episode's last step, with its last observation."""
        if self._mode != AutoresetMode.SAME_STEP:
            return {**info, "terminal_observation": _row(observations, env)}
        if "final_obs" not in info:
            raise UserError(
                f"{self.env} ended an episode of environment {env} without its last observation; "
                'under SAME_STEP it must be in infos["final_obs"]'
            )
        return {**info.get("final_info", {}), "terminal_observation": _copy(info["final_obs"])}

    def _restart(self, observations: Tree, dones: Array) -> Tree:
        """Start new episodes where the last ones ended; return what all environments show then."""
        if dones.all() and self._mode == AutoresetMode.NEXT_STEP:
            return _copy(self.env.step(self._actions)[0])
        following = _copy(self.env.reset(options={"reset_mask": dones.copy()})[0])
        pairs = zip(tree_leaves(observations), tree_leaves(following), strict=True)
        if not all(np.array_equal(old[~dones], new[~dones], equal_nan=True) for old, new in pairs):
            raise UserError(
                f"{self.env} has the autoreset mode {self._mode.name} and resets environments that "
                'options["reset_mask"] leaves out; use one that heeds it, or one with SAME_STEP'
            )
        return following

    def close(self) -> None:
        """Close the vector."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the vector, once per environment."""
        return [getattr(self.env, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of the vector."""
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector; return its result, once per environment."""
        result = getattr(self.env, method_name)(*method_args, **kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(
        self,
        wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]],
        indices: VecEnvIndices = None,
    ) -> list[bool]:
        """Return False for each environment, since a vector shows no wrappers of its own."""
        return [False for _ in self._get_indices(indices)]


def _copy(observations: Any) -> Tree:
    # A vector may use the memory of its observations again.
    return tree_map(np.array, observations)


def _row(observations: Tree, env: int) -> Tree:
    return tree_map(lambda leaf: leaf[env], observations)
