"""What the policy reads: vectors normalised, images through convolutions, dictionaries joined."""

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.preprocessing import preprocess_obs
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, FlattenExtractor
from torch import Tensor, nn

from prefrl.trees import Tree

from .image_features import ImageFeatures, is_large_image
from .normalized_features import NormalizedFeatures
from .policies.candidate_features import CandidateFeatures


class ObservationFeatures(BaseFeaturesExtractor):
    """Joins the features of the parts of a Dict.

    Args:
        observation_space: A Dict, as Stable-Baselines3 shows it to policies: images channels first.
    """

    def __init__(self, observation_space: spaces.Dict) -> None:
        """Choose an extractor for each part."""
        parts = [part_features(space) for space in observation_space.values()]
        super().__init__(observation_space, sum(part.features_dim for part in parts))
        # In a ModuleDict, names could neither hold a dot nor be those of its methods.
        self.names = list(observation_space)
        self.parts = nn.ModuleList(parts)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return features, `[B, D]`, for a dictionary of `[B, *part]`."""
        pairs = zip(self.names, self.parts, strict=True)
        return torch.cat([part(observations[name]) for name, part in pairs], -1)


def part_features(space: gymnasium.Space[Any]) -> BaseFeaturesExtractor:
    """Return the extractor for an observation, or a part of one, that is no dictionary."""
    if isinstance(space, spaces.Box) and is_large_image(space):
        return ImageFeatures(space, features_dim=256)
    if isinstance(space, spaces.Box):
        return NormalizedFeatures(space)
    return FlattenExtractor(space)


def features_class(space: gymnasium.Space[Any]) -> type[BaseFeaturesExtractor]:
    """Return the features extractor class for Stable-Baselines3's policies.

    Args:
        space: As the environment has it.
    """
    if isinstance(space, spaces.Dict):
        return ObservationFeatures
    if not isinstance(space, spaces.Box):
        return FlattenExtractor
    return ImageFeatures if is_large_image(space) else NormalizedFeatures


def update_features(
    extractor: BaseFeaturesExtractor, space: gymnasium.Space[Any], observations: Tree
) -> None:
    """Take observations into the statistics of those parts that are normalised.

    Args:
        extractor: Of one of the classes above.
        space: The extractor's.
        observations: `[..., *obs]`, or a dictionary of such.
    """
    if isinstance(extractor, ObservationFeatures):
        assert isinstance(space, spaces.Dict)
        assert isinstance(observations, dict)
        for name, part in zip(extractor.names, extractor.parts, strict=True):
            assert isinstance(part, BaseFeaturesExtractor)
            update_features(part, space[name], observations[name])
    elif isinstance(extractor, CandidateFeatures):
        assert isinstance(observations, dict)
        extractor.update({key: torch.as_tensor(part) for key, part in observations.items()})
    elif isinstance(extractor, NormalizedFeatures):
        assert space.shape is not None
        assert not isinstance(observations, dict)
        flat = np.ascontiguousarray(observations.reshape(-1, *space.shape))
        seen = preprocess_obs(torch.as_tensor(flat), space)
        assert isinstance(seen, Tensor)
        extractor.update(seen)
