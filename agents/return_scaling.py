"""Dividing rewards by the spread of discounted returns."""

from typing import Any

import numpy as np
from stable_baselines3.common.running_mean_std import RunningMeanStd

from prefrl.trees import Array

from .metrics import Metrics
from .recording_env import Rollout


class ReturnScaler:
    """Scales rewards so that discounted returns have a deviation of about 1 (`RewardShaping`).

    Engstrom et al. 2020 (arXiv 2005.12729, section 3) find this essential to PPO; it makes one set
    of hyper-parameters fit rewards of any scale, learned or true.

    Args:
        num_envs: Environments N side by side.
        gamma: The discount, in [0, 1].
        clip: Scaled rewards are cut off at ± this.
    """

    def __init__(self, num_envs: int, gamma: float, clip: float = 10.0) -> None:
        """Start with no returns seen."""
        self._gamma, self._clip = gamma, clip
        self._returns = np.zeros(num_envs)
        self._spread = RunningMeanStd(shape=())

    def restart(self) -> None:
        """Start new episodes, after a reset of the environments."""
        self._returns[:] = 0

    def __call__(self, rewards: Array, rollout: Rollout) -> Array:
        """Return scaled rewards of a rollout, `[T, N]`, having taken its returns into account."""
        seen = np.empty(rewards.shape)
        for returns, step_rewards, step_dones in zip(seen, rewards, rollout.dones, strict=True):
            returns[:] = self._returns * self._gamma + step_rewards
            self._returns = np.where(step_dones, 0, returns)
        self._spread.update(seen.ravel())
        deviation = np.sqrt(self._spread.var + 1e-8)
        return np.clip(rewards / deviation, -self._clip, self._clip)

    def metrics(self) -> Metrics:
        """Return nothing."""
        return {}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint between rounds needs, as JSON values."""
        spread = self._spread
        return {"mean": float(spread.mean), "var": float(spread.var), "count": float(spread.count)}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self._spread.mean = np.array(state["mean"])
        self._spread.var = np.array(state["var"])
        self._spread.count = state["count"]
