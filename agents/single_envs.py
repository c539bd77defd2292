"""Single environments as one vector for Stable-Baselines3."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from prefrl.drawing import snapshot_reader
from prefrl.drawing_sources import Camera, DrawingSource
from prefrl.errors import UserError
from prefrl.observation_checks import check_observation
from prefrl.seeding import integer_seed
from prefrl.trees import Array, Tree, tree_map, tree_stack


class SingleEnvs(VecEnv):
    """Steps environments one after the other; ended episodes restart at once.

    Where environments have no snapshots, every episode starts from a seed of its own, so that it
    can be acted out again: the first after a reset from the given one, later ones from seeds
    derived from that. Elsewhere the environment's own generator goes on.

    Args:
        envs: Environments of equal spaces.
        source: What `drawing_state` gives, so that segments can be drawn later.

    Raises:
        UserError: If the spaces differ; in `step` and `reset`, if observations cannot be stacked.
    """

    def __init__(
        self, envs: Sequence[gymnasium.Env[Any, Any]], *, source: DrawingSource = "snapshots"
    ) -> None:
        """Take the spaces from the first environment."""
        _check_alike(envs)
        self._envs = list(envs)
        self._source = source
        found = [snapshot_reader(env) for env in self._envs]
        readers = [reader for reader in found if reader is not None]
        self._readers = readers if source == "snapshots" else []
        self._seeds_episodes = not readers
        self._cameras = [Camera(env) for env in self._envs] if source == "frames" else []
        self._steps_taken = 0
        super().__init__(len(self._envs), envs[0].observation_space, envs[0].action_space)

    def drawing_state(self) -> dict[str, Any]:
        """Return what to record before a step (see `SegmentRecorder.record`)."""
        if self._readers:
            return {"snapshots": np.array([read() for read in self._readers])}
        if self._cameras:
            return {"frames": [camera.look() for camera in self._cameras]}
        return {"seeds": list(self._episode_seeds)} if self._source == "replay" else {}

    def reset(self) -> Any:
        """Reset all environments with their seeds, if any."""
        self._first_seeds = [_known(seed) for seed in self._seeds]
        self._episode_seeds = list(self._first_seeds)
        self._episodes = [0] * self.num_envs
        self._reset_seeds()
        return self._stack([self._start(place) for place in range(self.num_envs)])

    def step_async(self, actions: Array) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments with the actions kept; rewards are float64."""
        steps = [self._step(place, action) for place, action in enumerate(self._actions)]
        observations, rewards, dones, infos = zip(*steps, strict=True)
        self._steps_taken += self.num_envs
        return self._stack(observations), np.array(rewards), np.array(dones), list(infos)

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

    def _start(self, place: int) -> Any:
        """Start an environment's next episode; return what it shows."""
        first, episode = self._first_seeds[place], self._episodes[place]
        self._episodes[place] += 1
        if self._cameras:
            self._cameras[place].restart()
        if episode and not self._seeds_episodes:
            return self._envs[place].reset()[0]
        seed = integer_seed(first, "episode", episode) if episode else first
        self._episode_seeds[place] = seed
        return self._envs[place].reset(seed=seed)[0]

    def _step(self, place: int, action: Array) -> tuple[Any, float, bool, Any]:
        observation, reward, terminated, truncated, info = self._envs[place].step(action)
        done = terminated or truncated
        if done:
            info["TimeLimit.truncated"] = truncated and not terminated
            info["terminal_observation"] = observation
            observation = self._start(place)
        return observation, float(reward), done, info

    def _stack(self, observations: Sequence[Any]) -> Tree:
        try:
            return tree_stack(observations)
        except (ValueError, LookupError):
            for place, observation in enumerate(observations):
                tree = tree_map(np.asarray, observation)
                check_observation(
                    tree, self.observation_space, self._steps_taken, f"environment {place}"
                )
            raise


def _known(seed: int | None) -> int:
    return int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed


def _check_alike(envs: Sequence[gymnasium.Env[Any, Any]]) -> None:
    first = envs[0]
    for place, env in enumerate(envs):
        for name in ("observation_space", "action_space"):
            if getattr(env, name) != getattr(first, name):
                raise UserError(
                    f"environment {place} has the {name.replace('_', ' ')} {getattr(env, name)}, "
                    f"and environment 0 has {getattr(first, name)}; copies must be alike"
                )


def _is_wrapped(env: Any, wrapper_class: type) -> bool:
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, wrapper_class):
            return True
        env = env.env
    return False
