"""Diagnostics of a learned reward, against closed forms."""

import math

import numpy as np
import pytest
import torch
from gymnasium import spaces

from prefrl.agents.report.reward_diagnostics import (
    Judged,
    calibration,
    expected_calibration_error,
    judge_comparisons,
    judge_segments,
    loss_scale,
    noisy_teacher_entropy,
    rank_correlation,
)
from prefrl.bradley_terry import verdict_targets
from prefrl.fitting import bootstrap_counts
from prefrl.queries import Comparison, Query, QueryKey, Verdict
from prefrl.reward_model import RewardEnsemble
from prefrl.segments import Segment

NOISE = 0.1


def make_segment(actions: float | np.ndarray, steps: int = 3) -> Segment:
    column = np.broadcast_to(np.asarray(actions, np.float32), (steps,))[:, None]
    return Segment(np.zeros((steps, 1), np.float32), column, column[:, 0].astype(float))


def make_comparison(index: int, *actions: float, verdict: Verdict = 0) -> Comparison:
    query = Query(QueryKey("run", 0, index), tuple(map(make_segment, actions)))
    return Comparison(query, verdict)


def make_judged(*probabilities: float, verdict: Verdict = 0) -> Judged:
    comparison = make_comparison(0, *[0.0] * len(probabilities), verdict=verdict)
    size = len(probabilities)
    target = verdict_targets([verdict], [size])[0].numpy()
    return Judged(comparison, np.array(probabilities), target)


def action_model(members: int = 3) -> RewardEnsemble:
    """Return an ensemble whose members all give a step's action as its reward."""
    box = spaces.Box(-10, 10, (1,))
    model = RewardEnsemble(box, box, members=members, hidden=())
    with torch.no_grad():
        model.weights[0].copy_(torch.tensor([[0.0], [1.0]]).expand(members, 2, 1))
        model.biases[0].zero_()
    return model


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_a_planted_calibration_error_is_found(gap: float) -> None:
    """The model is 75 % sure, and right in 3 of 4 cases or more often or seldom by the gap."""
    right = round((0.75 - gap) * 100)
    judged = [make_judged(0.75, 0.25, verdict=int(place >= right)) for place in range(100)]
    bins = calibration(judged)
    (only,) = bins
    assert (only.confidence, only.rightness) == pytest.approx((0.75, 0.75 - gap))
    assert only.count == 100
    assert expected_calibration_error(bins) == pytest.approx(gap)


def test_bins_are_weighted_by_their_counts() -> None:
    sure = [make_judged(0.95, 0.05)] * 30  # always right: 0.05 off
    unsure = [make_judged(0.45, 0.55, verdict=place % 2) for place in range(10)]  # 0.05 off
    wrong = [make_judged(0.85, 0.15, verdict=1)] * 10  # 0.85 off
    bins = calibration([*sure, *unsure, *wrong])
    assert [one.count for one in bins] == [10, 10, 30]
    expected = (30 * 0.05 + 10 * 0.05 + 10 * 0.85) / 50
    assert expected_calibration_error(bins) == pytest.approx(expected)


def test_a_tie_is_half_right_and_certainty_is_in_the_last_bin() -> None:
    (one,) = calibration([make_judged(1.0, 0.0, verdict="tie")])
    assert (one.confidence, one.rightness) == (1.0, 0.5)


def test_losses_are_cross_entropies() -> None:
    assert make_judged(0.8, 0.2).loss == pytest.approx(-math.log(0.8))
    assert make_judged(0.8, 0.2, verdict=1).loss == pytest.approx(-math.log(0.2))
    tie = -(math.log(0.8) + math.log(0.2)) / 2
    assert make_judged(0.8, 0.2, verdict="tie").loss == pytest.approx(tie)


def test_the_entropy_of_a_noisy_teacher() -> None:
    p = 0.05
    binary = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert noisy_teacher_entropy(2, 2 * p) == pytest.approx(binary)
    assert noisy_teacher_entropy(5, 0.0) == 0
    assert noisy_teacher_entropy(5, 1.0) == pytest.approx(math.log(5))


def test_the_scale_of_losses() -> None:
    scale = loss_scale([make_judged(0.9, 0.1), make_judged(0.2, 0.2, 0.6)], NOISE)
    assert scale.guessing == pytest.approx((math.log(2) + math.log(3)) / 2)
    assert scale.least == pytest.approx(-(math.log(0.95) + math.log(1 - 0.1 + 0.1 / 3)) / 2)
    entropies = noisy_teacher_entropy(2, NOISE), noisy_teacher_entropy(3, NOISE)
    assert scale.noisy_teacher == pytest.approx(sum(entropies) / 2)
    tie = loss_scale([make_judged(0.5, 0.5, verdict="tie")], NOISE)
    assert tie.least == tie.noisy_teacher == tie.guessing == pytest.approx(math.log(2))


@pytest.mark.filterwarnings("error")
def test_rank_correlation() -> None:
    values = np.random.default_rng(0).normal(size=50)
    assert rank_correlation(values, np.exp(3 * values)) == pytest.approx(1)
    assert rank_correlation(values, -(values**3)) == pytest.approx(-1)
    # By hand: ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3.
    tied = rank_correlation(np.array([1.0, 2.0, 2.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert tied == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert math.isnan(rank_correlation(values, np.zeros(50)))


def test_only_members_new_to_a_comparison_judge_it() -> None:
    model = action_model()
    with torch.no_grad():
        model.weights[0][1].mul_(-1)  # the second member thinks the opposite
    comparisons = [make_comparison(index, 1.0, 0.0) for index in range(200)]
    judged = judge_comparisons(model, comparisons, seed=3, noise=NOISE)
    by_index = {one.comparison.query.key.index: one for one in judged}
    sure = 1 / (1 + math.exp(-3))  # a difference of 3 steps with reward 1
    for index, comparison in enumerate(comparisons):
        new = bootstrap_counts(3, comparison.query.key, 3) == 0
        assert (index in by_index) == bool(new.any())
        if new.any():
            opinions = np.array([sure, 1 - sure, sure])[new]
            expected = 0.9 * opinions.mean() + 0.05
            assert by_index[index].probabilities[0] == pytest.approx(expected, abs=1e-6)
            assert by_index[index].probabilities.sum() == pytest.approx(1)


def test_choices_of_several_sizes_are_judged_together() -> None:
    comparisons = [make_comparison(0, 1.0, 0.0, verdict=0), make_comparison(1, 0.0, 1.0, 2.0)]
    comparisons += [make_comparison(index, 1.0, 1.0, verdict="tie") for index in range(2, 30)]
    judged = judge_comparisons(action_model(), comparisons, seed=0, noise=NOISE)
    assert {len(one.probabilities) for one in judged} <= {2, 3}
    assert all(one.loss == pytest.approx(math.log(2)) for one in judged if one.target.max() < 1)


def standardised(values: np.ndarray) -> np.ndarray:
    result: np.ndarray = (values - values.mean()) / values.std()
    return result


def test_segments_are_judged_by_members_new_to_them() -> None:
    model = action_model()
    with torch.no_grad():
        model.weights[0][2].mul_(7)  # another scale and another zero, which are no disagreement
        model.biases[0][2].add_(3)
    shared = make_segment(-4.0)
    comparisons = [
        Comparison(Query(QueryKey("run", 0, index), (shared, make_segment(float(index)))), 0)
        for index in range(60)
    ]
    judged = judge_segments(model, comparisons, seed=0)
    np.testing.assert_allclose(judged.predicted, standardised(judged.true), atol=1e-5)
    assert rank_correlation(judged.predicted, judged.true) == pytest.approx(1)
    new = [bootstrap_counts(0, one.query.key, 3) == 0 for one in comparisons]
    assert not np.all(new, 0).any(), "somebody trained on the shared segment"
    assert len(judged.true) == sum(one.any() for one in new)
    assert -12.0 not in judged.true


def test_nothing_to_judge() -> None:
    assert judge_comparisons(action_model(), [], seed=0, noise=NOISE) == []
    assert len(judge_segments(action_model(), [], seed=0).true) == 0
