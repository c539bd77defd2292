"""Observations normalised inside the policy."""

import gymnasium
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor


class NormalizedFeatures(BaseFeaturesExtractor):
    """Scales numbers to mean 0 and standard deviation 1, cut off at ±10.

    The statistics are buffers of the policy, saved with it. They change only when `update` is
    called, between rollouts, so that an update of the policy sees the observations as its rollout
    did. Everything outside the policy sees observations as the environment gave them.

    Args:
        observation_space: A Box; of more than one dimension, it is flattened.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor
    shift: Tensor
    scale: Tensor

    def __init__(self, observation_space: gymnasium.spaces.Box) -> None:
        """Start as the identity."""
        size = gymnasium.spaces.flatdim(observation_space)
        super().__init__(observation_space, features_dim=size)
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(size, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        # What follows from them, ready for the many calls between updates.
        self.register_buffer("shift", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    def forward(self, observations: Tensor) -> Tensor:
        """Return normalised observations, `[B, D]`, for `[B, *obs]`."""
        return ((observations.flatten(1) - self.shift) * self.scale).clamp_(-10, 10)

    @torch.no_grad()
    def update(self, observations: Tensor) -> None:
        """Take a batch into account (Chan et al. 1979, parallel variance).

        Args:
            observations: `[B, *obs]`.
        """
        batch = observations.flatten(1).double()
        size = len(batch)
        total = self.count + size
        delta = batch.mean(0) - self.mean
        squares = self.variance * self.count + batch.var(0, correction=0) * size
        self.variance.copy_((squares + delta.square() * self.count * size / total) / total)
        self.mean.add_(delta * size / total)
        self.count.copy_(total)
        self.shift.copy_(self.mean)
        self.scale.copy_((self.variance + 1e-8).rsqrt())
