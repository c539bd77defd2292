"""Cutting segments out of what a vector of environments does."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from prefrl.origins import Origin
from prefrl.segments import Segment
from prefrl.trees import Array, Tree, tree_map


class SegmentRecorder:
    """Keeps the last `length` steps of each environment and cuts segments from them.

    An episode is cut into consecutive segments of `length` steps. Where its end leaves a rest, one
    more segment holds its last `length` steps, so that no ending is missed; a shorter episode gives
    one shorter segment. Memory is `length` steps per environment, whatever the episodes' length,
    and where episodes are to be acted out again their actions.

    Args:
        num_envs: The number of environments N.
        length: Steps per segment, at least 1.
        on_segment: Called with each segment as it is cut.
        keep: Returns what to keep of observations, given them and the actions.
    """

    def __init__(
        self,
        num_envs: int,
        length: int,
        on_segment: Callable[[Segment], None],
        *,
        keep: Callable[[Tree, Array], Tree] = lambda observations, actions: observations,
    ) -> None:
        """Start with no steps seen."""
        self._keep = keep
        self._num_envs = num_envs
        self._length = length
        self._on_segment = on_segment
        self._rings: dict[str, Tree] = {}
        self.reset()

    def reset(self) -> None:
        """Forget unfinished segments, as after a reset of the environments."""
        self._step = 0
        self._episode_steps = np.zeros(self._num_envs, int)
        self._uncut_steps = np.zeros(self._num_envs, int)
        self._cut_actions: list[list[Array]] = [[] for _ in range(self._num_envs)]

    def record(
        self,
        observations: Tree,
        actions: Array,
        true_rewards: Array,
        dones: Array,
        snapshots: Array | None = None,
        masks: Array | None = None,
        groups: Sequence[str] | None = None,
        seeds: Sequence[int] | None = None,
        frames: Sequence[bytes] | None = None,
    ) -> None:
        """Take in one step of all environments.

        Args:
            observations: Before the action, `[N, *obs]` or a dictionary of such.
            actions: As the environments took them, `[N, *act]`.
            true_rewards: `[N]`.
            dones: Whether the step ended the episode, `[N]` bool.
            snapshots: Drawing states before the action, `[N, *snapshot]`.
            masks: Whether the step counts in comparisons, `[N]` bool; by default it does.
            groups: The group of each environment's episode; by default all are of one.
            seeds: What each environment's episode was reset with, where it is to be acted out
                again.
            frames: Pictures before the action, as PNG files; the same object as before for a step
                that has none of its own.
        """
        step: dict[str, Tree] = {
            "observations": self._keep(observations, actions),
            "actions": actions,
            "true_rewards": true_rewards,
        }
        if snapshots is not None:
            step["snapshots"] = snapshots
        if masks is not None:
            step["mask"] = masks
        if frames is not None:
            step["frames"] = np.array(frames, object)
        self._write(step)
        self._episode_steps += 1
        self._uncut_steps += 1
        for env in np.flatnonzero((self._uncut_steps == self._length) | dones).tolist():
            group = groups[env] if groups is not None else ""
            self._cut(env, group, seeds[env] if seeds is not None else None)
            if dones[env]:
                self._cut_actions[env].clear()
        self._episode_steps[dones] = 0
        self._step += 1

    def _write(self, step: dict[str, Tree]) -> None:
        if not self._rings:
            self._rings = {name: tree_map(self._ring, tree) for name, tree in step.items()}
        slot = self._step % self._length

        def store(ring: Array, array: Array) -> Array:
            ring[slot] = array
            return ring

        for name, tree in step.items():
            tree_map(store, self._rings[name], tree)

    def _ring(self, array: Array) -> Array:
        return np.zeros((self._length, *array.shape), array.dtype)

    def _cut(self, env: int, group: str, seed: int | None) -> None:
        steps = min(self._length, int(self._episode_steps[env]))
        window = np.arange(self._step - steps + 1, self._step + 1) % self._length
        parts: dict[str, Any] = {
            name: tree_map(lambda ring: ring[window, env], tree)
            for name, tree in self._rings.items()
        }
        if "frames" in parts:
            parts["frames"] = tuple(next(same) for _, same in groupby(parts["frames"], key=id))
        if seed is not None:
            parts["origin"] = self._origin(env, seed, parts["actions"])
        if np.any(parts.get("mask", True)):
            self._on_segment(Segment(**parts, group=group))
        self._uncut_steps[env] = 0

    def _origin(self, env: int, seed: int, actions: Array) -> Origin:
        # The segment at an episode's end overlaps the one before it.
        start = int(self._episode_steps[env]) - len(actions)
        before = np.concatenate([*self._cut_actions[env], actions])[:start]
        self._cut_actions[env].append(actions)
        return Origin(seed, before)
