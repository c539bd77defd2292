"""Rows of candidates, normalised."""

from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

from prefrl.agents.normalized_features import NormalizedFeatures
from prefrl.candidates import ACTION_MASK, CANDIDATES


class CandidateFeatures(BaseFeaturesExtractor):
    """Normalises the features of candidates as `NormalizedFeatures` does, over the legal ones.

    Args:
        observation_space: A Dict with `candidates`, `[K, F]`, and `action_mask`, `[K]`.
    """

    def __init__(self, observation_space: spaces.Dict) -> None:
        """Start as the identity."""
        rows = observation_space[CANDIDATES]
        assert isinstance(rows, spaces.Box)
        super().__init__(observation_space, features_dim=rows.shape[1])
        self.rows = NormalizedFeatures(spaces.Box(rows.low[0], rows.high[0]))

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return normalised rows, `[B, K, F]`."""
        rows = observations[CANDIDATES].float()
        normalised: Tensor = self.rows(rows.flatten(0, 1))
        return normalised.view(rows.shape)

    def update(self, observations: dict[str, Tensor]) -> None:
        """Take the legal rows of a batch into the statistics (see `NormalizedFeatures`).

        Args:
            observations: With `candidates`, `[..., K, F]`, and `action_mask`, `[..., K]`.
        """
        legal = observations[ACTION_MASK].bool()
        self.rows.update(observations[CANDIDATES][legal])
