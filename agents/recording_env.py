"""The vector of training environments: hides the true reward and records what happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from prefrl.observation_checks import check_observation, check_observations, check_rewards
from prefrl.recording import SegmentRecorder
from prefrl.trees import Array, Tree, tree_map, tree_stack

from .worlds import Worlds


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


class RecordingVecEnv(VecEnvWrapper):
    """Gives a Stable-Baselines3 agent reward 0, and records what it does.

    The environment's own reward is in `info["true_reward"]`. An environment may say in `info` which
    steps count in comparisons ("segment_mask", bool), with which other episodes an episode may be
    compared ("segment_group", str), and what a synthetic teacher adds up in place of the reward
    ("segment_reward", float).

    Args:
        worlds: The environments side by side.
        recorder: Takes in every step, or None.
        on_termination: Called once, when an episode first ends before its time limit.
        only_ends: Whether only the steps that end episodes count in comparisons, as with texts, of
            which the last observation shows everything.

    Raises:
        UserError: In `step` and `reset`, if an observation is not of its space, or an observation
            or reward not finite.
    """

    def __init__(
        self,
        worlds: Worlds,
        *,
        recorder: SegmentRecorder | None = None,
        on_termination: Callable[[], None] = lambda: None,
        only_ends: bool = False,
    ) -> None:
        """Start with no steps taken."""
        super().__init__(worlds)
        self._worlds = worlds
        self._recorder = recorder
        self._on_termination = on_termination
        self._only_ends = only_ends
        self._seen_termination = False
        self.steps_taken = 0
        self._steps: list[tuple[Tree, Array, Array, Array]] = []

    def seed_each(self, seeds: Sequence[int]) -> None:
        """Set the seed of each environment for the next reset."""
        self._worlds._seeds = list(seeds)

    def reset(self) -> Any:
        """Reset all environments with their seeds, if any, and forget unfinished recordings."""
        if self._recorder is not None:
            self._recorder.reset()
        self._steps.clear()
        self._observations = self._checked(self._worlds.reset())
        return self._observations

    def step_async(self, actions: Array) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions
        super().step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments with the actions kept."""
        drawn_from = self._worlds.drawing_state() if self._recorder is not None else {}
        observations, true_rewards, dones, infos = self._worlds.step_wait()
        check_rewards(true_rewards, self.steps_taken)
        step = (self._observations, self._actions, true_rewards, dones)
        self._steps.append(step)
        for info, true_reward in zip(infos, true_rewards.tolist(), strict=True):
            info["true_reward"] = true_reward
        if self._recorder is not None:
            masks = np.array([info.get("segment_mask", True) for info in infos])
            if self._only_ends:
                masks &= dones
            groups = [info.get("segment_group", "") for info in infos]
            pairs = zip(infos, true_rewards.tolist(), strict=True)
            judged = np.array([info.get("segment_reward", earned) for info, earned in pairs])
            seen = (self._observations, self._actions, judged, dones)
            self._recorder.record(*seen, masks=masks, groups=groups, **drawn_from)
        self.steps_taken += self.num_envs
        for env in np.flatnonzero(dones).tolist():
            self._note_end(env, infos[env])
        self._observations = self._checked(observations)
        return self._observations, np.zeros(self.num_envs, np.float32), dones, infos

    def take_rollout(self) -> Rollout:
        """Return the steps since the last call or reset."""
        observations, actions, true_rewards, dones = zip(*self._steps, strict=True)
        self._steps.clear()
        stacked = map(np.stack, (actions, true_rewards, dones))
        return Rollout(tree_stack(observations), *stacked)

    def _note_end(self, env: int, info: dict[str, Any]) -> None:
        last = tree_map(np.asarray, info["terminal_observation"])
        check_observation(last, self.observation_space, self.steps_taken, f"environment {env}")
        if not info["TimeLimit.truncated"] and not self._seen_termination:
            self._seen_termination = True
            self._on_termination()

    def _checked(self, observations: Any) -> Any:
        check_observations(observations, self.observation_space, self.steps_taken)
        return observations
