"""Stable-Baselines3's rollout buffers, with rewards that come when the rollout is over."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer

from prefrl.trees import Array


class _DeferredRewards(RolloutBuffer):
    """Adds rewards for the whole rollout just before advantages are computed.

    While the environments give reward 0, the buffer holds nothing but Stable-Baselines3's
    bootstrap at time limits, so that the rewards can simply be added.

    Args:
        rewards: Returns the rewards of the rollout that has just ended, `[T, N]`.
    """

    def __init__(self, *args: Any, rewards: Callable[[], Array], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reward_source = rewards

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: np.ndarray) -> None:
        """Add the rewards, then compute advantages as Stable-Baselines3 does."""
        self.rewards += self._reward_source()
        super().compute_returns_and_advantage(last_values, dones)


class DeferredRewardBuffer(_DeferredRewards):
    """For observations that are one array."""


class DeferredRewardDictBuffer(_DeferredRewards, DictRolloutBuffer):
    """For observations that are a dictionary of arrays."""
