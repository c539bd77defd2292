"""The vector of training environments: hides the true reward and records what happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from prefrl.drawing import snapshot_reader
from prefrl.errors import UserError
from prefrl.recording import SegmentRecorder
from prefrl.trees import Array, Tree, tree_leaves, tree_stack


@dataclass(frozen=True)
class Rollout:
    """What the environments gave and took over T steps of N environments.

    Attributes:
        observations: Before each action, `[T, N, *obs]` or a dictionary of such.
        actions: As the environments took them, `[T, N, *act]`.
        true_rewards: `[T, N]`.
        dones: Whether the step ended an episode, `[T, N]` bool.
    """

    observations: Tree
    actions: Array
    true_rewards: Array
    dones: Array


class RecordingVecEnv(VecEnv):
    """Steps environments one after the other, for a Stable-Baselines3 agent.

    The agent gets reward 0; the environment's own reward is in `info["true_reward"]`. Ended
    episodes restart at once, as Stable-Baselines3 expects. An environment may say in `info` which
    steps count in comparisons ("segment_mask", bool) and with which other episodes an episode may
    be compared ("segment_group", str).

    Args:
        envs: Environments of equal spaces.
        recorder: Takes in every step, or None.
        on_termination: Called once, when an episode first ends before its time limit.
    """

    def __init__(
        self,
        envs: Sequence[gymnasium.Env[Any, Any]],
        *,
        recorder: SegmentRecorder | None = None,
        on_termination: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the spaces from the first environment."""
        self._envs = list(envs)
        self._recorder = recorder
        self._on_termination = on_termination
        readers = [snapshot_reader(env) for env in self._envs] if recorder is not None else []
        self._readers = [reader for reader in readers if reader is not None]
        self._seen_termination = False
        self.steps_taken = 0
        self._steps: list[tuple[Tree, Array, Array, Array]] = []
        super().__init__(len(self._envs), envs[0].observation_space, envs[0].action_space)

    def seed_each(self, seeds: Sequence[int]) -> None:
        """Set the seed of each environment for the next reset."""
        self._seeds = list(seeds)

    def reset(self) -> Any:
        """Reset all environments with their seeds, if any, and forget unfinished recordings."""
        if self._recorder is not None:
            self._recorder.reset()
        self._steps.clear()
        pairs = zip(self._envs, self._seeds, strict=True)
        self._observations = tree_stack([env.reset(seed=seed)[0] for env, seed in pairs])
        self._reset_seeds()
        return self._observations

    def step_async(self, actions: Array) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments with the actions kept."""
        actions = self._actions
        snapshots = np.array([read() for read in self._readers]) if self._readers else None
        steps = [self._step(env, action) for env, action in zip(self._envs, actions, strict=True)]
        observations, rewards, terminated, dones, infos = zip(*steps, strict=True)
        true_rewards, done_array = np.array(rewards), np.array(dones)
        step = (self._observations, actions, true_rewards, done_array)
        self._steps.append(step)
        if self._recorder is not None:
            masks = np.array([info.get("segment_mask", True) for info in infos])
            groups = [info.get("segment_group", "") for info in infos]
            self._recorder.record(*step, snapshots, masks, groups)
        self._note_termination(terminated)
        self._observations = tree_stack(observations)
        self.steps_taken += self.num_envs
        self._check_finite()
        zeros = np.zeros(self.num_envs, np.float32)
        return self._observations, zeros, done_array, list(infos)

    def take_rollout(self) -> Rollout:
        """Return the steps since the last call or reset."""
        observations, actions, true_rewards, dones = zip(*self._steps, strict=True)
        self._steps.clear()
        stacked = map(np.stack, (actions, true_rewards, dones))
        return Rollout(tree_stack(observations), *stacked)

    def close(self) -> None:
        """Close all environments."""
        for env in self._envs:
            env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of each environment."""
        return [env.get_wrapper_attr(attr_name) for env in self._chosen(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of each environment."""
        for env in self._chosen(indices):
            env.set_wrapper_attr(attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of each environment."""
        envs = self._chosen(indices)
        return [env.get_wrapper_attr(method_name)(*method_args, **kwargs) for env in envs]

    def env_is_wrapped(
        self,
        wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]],
        indices: VecEnvIndices = None,
    ) -> list[bool]:
        """Return whether each environment is wrapped in a class."""
        return [_is_wrapped(env, wrapper_class) for env in self._chosen(indices)]

    def _chosen(self, indices: VecEnvIndices) -> list[gymnasium.Env[Any, Any]]:
        return [self._envs[index] for index in self._get_indices(indices)]

    @staticmethod
    def _step(env: gymnasium.Env[Any, Any], action: Array) -> tuple[Any, float, bool, bool, Any]:
        observation, reward, terminated, truncated, info = env.step(action)
        info["true_reward"] = float(reward)
        done = terminated or truncated
        if done:
            info["TimeLimit.truncated"] = truncated and not terminated
            info["terminal_observation"] = observation
            observation, _ = env.reset()
        return observation, float(reward), terminated, done, info

    def _note_termination(self, terminated: Sequence[bool]) -> None:
        if any(terminated) and not self._seen_termination:
            self._seen_termination = True
            self._on_termination()

    def _check_finite(self) -> None:
        for leaf in tree_leaves(self._observations):
            if leaf.dtype.kind == "f" and not np.isfinite(leaf).all():
                broken = [env for env, part in enumerate(leaf) if not np.isfinite(part).all()]
                raise UserError(
                    f"environment {broken[0]} gave an observation that is not finite "
                    f"after {self.steps_taken} steps; mend the environment"
                )


def _is_wrapped(env: Any, wrapper_class: type) -> bool:
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, wrapper_class):
            return True
        env = env.env
    return False
