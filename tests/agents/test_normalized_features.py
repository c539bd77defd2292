"""Observations normalised inside the policy."""

import gymnasium
import numpy as np
import torch

from prefrl.agents.normalized_features import NormalizedFeatures

SPACE = gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float64)


def test_it_starts_as_the_identity() -> None:
    observations = torch.randn(5, 3)
    torch.testing.assert_close(NormalizedFeatures(SPACE)(observations), observations)


def test_batches_give_the_statistics_of_their_union() -> None:
    observations = torch.randn(100, 3, dtype=torch.float64) * 7 + 2
    extractor = NormalizedFeatures(SPACE)
    for batch in observations.split([1, 29, 70]):
        extractor.update(batch)
    torch.testing.assert_close(extractor.mean, observations.mean(0))
    torch.testing.assert_close(extractor.variance, observations.var(0, correction=0))


def test_statistics_change_only_when_told() -> None:
    extractor = NormalizedFeatures(SPACE)
    extractor.train()
    extractor(torch.randn(5, 3) + 9)
    assert extractor.count == 0


def test_far_values_are_cut_off() -> None:
    extractor = NormalizedFeatures(SPACE)
    assert extractor(torch.full((1, 3), 1e6)).max() == 10
