"""What the policy reads of images."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 36
"""Pixels of the shorter side of the smallest image that `NatureCNN` can read."""

LARGEST_SIDE = 96
"""Pixels above which the longer side of an image is averaged down, by a whole number.

Mnih et al. 2015 shrink Atari's frames to 84 x 84. Frames of 210 x 160, read as they are, take five
times as long in a pass forward and back as when they are shrunk to 70 x 54 first.
"""


class ImageFeatures(BaseFeaturesExtractor):
    """The convolutions of Mnih et al. 2015 on images shrunk to about the size that they are for.

    Args:
        observation_space: A Box of bytes, channels first or without an axis of channels.
        features_dim: The number of features D.
    """

    def __init__(self, observation_space: spaces.Box, features_dim: int = 512) -> None:
        """Choose how much to shrink."""
        super().__init__(observation_space, features_dim)
        *channels, height, width = observation_space.shape
        most = min(height, width) // SMALLEST_SIDE
        stride = max(1, min(-(-max(height, width) // LARGEST_SIDE), most))
        shape = (*(channels or [1]), -(-height // stride), -(-width // stride))
        self._stride = stride
        # Stable-Baselines3 divides what it takes for images by 255.
        self._largest = 1 if is_image_space(observation_space) else 255
        self.convolutions = NatureCNN(spaces.Box(0, 255, shape, np.uint8), features_dim)

    def forward(self, observations: Tensor) -> Tensor:
        """Return features, `[B, D]`, for images `[B, *obs]`."""
        frames = observations / self._largest if self._largest > 1 else observations
        frames = frames if frames.ndim == 4 else frames.unsqueeze(1)
        small = functional.avg_pool2d(frames, self._stride, ceil_mode=True)
        features: Tensor = self.convolutions(small)
        return features


def is_large_image(space: gymnasium.Space[Any]) -> bool:
    """Return whether a space is one of images that are large enough to be read by convolutions."""
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8:
        return False
    sides = sorted(space.shape)[-2:]  # an axis of channels has the fewest entries
    is_image = len(space.shape) == 2 or is_image_space(space)
    return is_image and min(sides) >= SMALLEST_SIDE
