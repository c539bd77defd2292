"""How far a learned reward can be trusted, judged only by comparisons that it was not fitted to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from prefrl.bradley_terry import preference_probabilities, verdict_targets
from prefrl.fitting import bootstrap_counts
from prefrl.queries import Comparison, QueryKey
from prefrl.reward_model import FittedModel, member_returns
from prefrl.segments import Segment
from prefrl.trees import Array

BINS = 10
"""Bins of the calibration over [0, 1]."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A comparison with what members that never trained on it predicted.

    Attributes:
        comparison: The comparison.
        probabilities: That each segment is named the best, `[k]`, as the fit sees the teacher:
            with its share of random answers.
        target: The verdict as a distribution, `[k]`; uniform for a tie.
    """

    comparison: Comparison
    probabilities: Array
    target: Array

    @property
    def favourite(self) -> int:
        """The index of the segment that the model thinks best."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of the favourite, in [1/k, 1]."""
        return float(self.probabilities[self.favourite])

    @property
    def rightness(self) -> float:
        """1 where the teacher named the favourite, 0 where another, 1/k for a tie."""
        return float(self.target[self.favourite])

    @property
    def loss(self) -> float:
        """The cross-entropy between verdict and prediction, in nats."""
        named = self.target > 0
        return float(-(self.target[named] * np.log(self.probabilities[named])).sum())


@dataclass(frozen=True)
class Bin:
    """The comparisons about which the model was about equally sure.

    Attributes:
        confidence: Its mean probability that its favourite wins.
        rightness: How often the favourite did win; ties count 1/k.
        count: How many comparisons.
    """

    confidence: float
    rightness: float
    count: int


@dataclass(frozen=True)
class LossScale:
    """What a held-out loss is to be measured against, in nats.

    Attributes:
        guessing: Of a model that thinks all segments equally good.
        noisy_teacher: The entropy of a teacher who answers at random as often as the fit assumes,
            and always names the best otherwise: the loss of a perfect model of such a teacher.
        least: Of a model that is sure of the verdicts given and always right, which no model that
            assumes this share of random answers can beat.
    """

    guessing: float
    noisy_teacher: float
    least: float


@dataclass(frozen=True, eq=False)
class JudgedSegments:
    """What a learned reward and the true one say of the same segments.

    Attributes:
        predicted: Returns by the reward as it was fitted, each member's of mean 0 and standard
            deviation 1 over the segments, averaged over the members new to the segment, `[S]`.
        true: True returns, `[S]`.
    """

    predicted: Array
    true: Array


def judge_comparisons(
    model: FittedModel, comparisons: Sequence[Comparison], *, seed: int, noise: float
) -> list[Judged]:
    """Return predictions of all comparisons to which a member is new, by the members new to them.

    Args:
        model: The reward model that was fitted to them.
        comparisons: Comparisons, none of them skipped.
        seed: The run's, which determines who trained on what.
        noise: The share of random answers that the fit assumed.
    """
    if not comparisons:
        return []
    returns = member_returns(model, [comparison.query.segments for comparison in comparisons])
    probabilities = preference_probabilities(returns, noise).numpy()
    judged = []
    for place, comparison in enumerate(comparisons):
        new = _is_new(seed, comparison.query.key, model.members)
        size = len(comparison.query.segments)
        if new.any():
            target = verdict_targets([comparison.verdict], [size])[0].numpy()
            predicted = probabilities[new, place, :size].mean(0)
            judged.append(Judged(comparison, predicted, target))
    return judged


@torch.no_grad()
def judge_segments(
    model: FittedModel, comparisons: Sequence[Comparison], *, seed: int
) -> JudgedSegments:
    """Return predicted and true returns of all segments to which a member is new.

    Args:
        model: The reward model that was fitted to the comparisons.
        comparisons: Comparisons, none of them skipped.
        seed: The run's, which determines who trained on what.
    """
    segments: dict[str, Segment] = {}
    new: dict[str, Array] = {}
    for comparison in comparisons:
        members = _is_new(seed, comparison.query.key, model.members)
        for segment in comparison.query.segments:
            segments[segment.id] = segment
            new[segment.id] = new.get(segment.id, True) & members
    kept = [segment for identity, segment in segments.items() if new[identity].any()]
    if not kept:
        return JudgedSegments(*np.zeros((2, 0)))
    raw = member_returns(model, [(segment,) for segment in kept])[..., 0].double()
    weights = np.stack([new[segment.id] for segment in kept], 1)
    fitted = np.average(_standardised(raw).numpy(), axis=0, weights=weights)
    return JudgedSegments(fitted, np.array([segment.true_return for segment in kept]))


def calibration(judged: Sequence[Judged], bins: int = BINS) -> list[Bin]:
    """Return the filled bins of [0, 1] by confidence, from the least sure to the surest."""
    places = [min(int(one.confidence * bins), bins - 1) for one in judged]
    groups = [
        [one for one, place in zip(judged, places, strict=True) if place == index]
        for index in range(bins)
    ]
    return [
        Bin(
            confidence=float(np.mean([one.confidence for one in group])),
            rightness=float(np.mean([one.rightness for one in group])),
            count=len(group),
        )
        for group in groups
        if group
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of rightness from confidence, weighted by counts, in [0, 1].

    Guo et al. 2017 (arXiv 1706.04599), section 2.
    """
    total = sum(one.count for one in bins)
    return sum(abs(one.rightness - one.confidence) * one.count for one in bins) / total


def loss_scale(judged: Sequence[Judged], noise: float) -> LossScale:
    """Return what the mean loss of these comparisons is to be measured against.

    A tie's loss is at least that of guessing, whoever predicts it.

    Args:
        judged: At least one comparison.
        noise: The share of random answers ε that the fit assumed, in [0, 1].
    """
    sizes = [len(one.target) for one in judged]
    decided = [one.target.max() == 1 for one in judged]
    pairs = list(zip(sizes, decided, strict=True))
    return LossScale(
        guessing=float(np.mean([math.log(k) for k in sizes])),
        noisy_teacher=float(
            np.mean([noisy_teacher_entropy(k, noise) if sure else math.log(k) for k, sure in pairs])
        ),
        least=float(
            np.mean(
                [-math.log(1 - noise + noise / k) if sure else math.log(k) for k, sure in pairs]
            )
        ),
    )


def noisy_teacher_entropy(size: int, noise: float) -> float:
    """Return the entropy of a teacher who knows the best of `size` segments, in nats.

    He names it with probability 1 − ε + ε/k, and each other segment with probability ε/k.

    Args:
        size: How many segments k, at least 2.
        noise: The share of random answers ε, in [0, 1].
    """
    others = noise / size
    best = 1 - noise + others
    return -best * math.log(best) - ((size - 1) * others * math.log(others) if others else 0.0)


def rank_correlation(one: Array, other: Array) -> float:
    """Return Spearman's rank correlation, in [−1, 1]; NaN where either does not vary."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _standardised(returns: torch.Tensor) -> torch.Tensor:
    # Members agree neither on a scale nor, where lengths are equal, on where zero is.
    spread = returns.std(1, correction=0, keepdim=True).clamp_min(1e-12)
    return (returns - returns.mean(1, keepdim=True)) / spread


def _ranks(values: Array) -> Array:
    """Return ranks from 0, the mean of their ranks for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = np.cumsum(counts) - (counts + 1) / 2
    return ranks[inverse]


def _is_new(seed: int, key: QueryKey, members: int) -> Array:
    new: Array = bootstrap_counts(seed, key, members) == 0
    return new
