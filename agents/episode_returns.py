"""Returns of episodes, added up over rollouts."""

import numpy as np

from prefrl.trees import Array


class EpisodeReturns:
    """Adds up rewards of N environments and keeps the returns of episodes that ended."""

    def __init__(self, num_envs: int) -> None:
        """Start with new episodes everywhere."""
        self._running = np.zeros(num_envs)
        self._finished: list[float] = []

    def restart(self) -> None:
        """Forget everything, after a reset of the environments."""
        self._running[:] = 0
        self._finished.clear()

    def add(self, rewards: Array, dones: Array) -> list[float]:
        """Take in a rollout, and return the returns of the episodes that ended in it.

        Args:
            rewards: `[T, N]`.
            dones: Whether the step ended an episode, `[T, N]` bool.
        """
        before = len(self._finished)
        for step_rewards, step_dones in zip(rewards, dones, strict=True):
            self._running += step_rewards
            self._finished += self._running[step_dones].tolist()
            self._running[step_dones] = 0
        return self._finished[before:]

    @property
    def mean(self) -> float | None:
        """The mean return of the episodes that ended, or None before the first."""
        return float(np.mean(self._finished)) if self._finished else None
