"""Tests of prefrl.bradley_terry."""

import math
from typing import Any

import pytest
import torch

from prefrl.bradley_terry import (
    negative_log_likelihood,
    preference_probabilities,
    verdict_targets,
)


@pytest.mark.parametrize("difference", [-3.0, -0.5, 0.0, 1.0, 4.0])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_pairs_follow_the_logistic_closed_form(difference: float, noise: float) -> None:
    first, second = preference_probabilities(torch.tensor([difference, 0.0]), noise).tolist()
    logistic = 1 / (1 + math.exp(-difference))
    assert first == pytest.approx((1 - noise) * logistic + noise / 2, rel=1e-5)
    assert first + second == pytest.approx(1)


def test_noise_bounds_the_probabilities_of_a_pair() -> None:
    sure = preference_probabilities(torch.tensor([1000.0, 0.0]), 0.1)
    torch.testing.assert_close(sure, torch.tensor([0.95, 0.05]))


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("k", [2, 3, 7])
def test_equal_returns_are_equally_likely(noise: float, k: int) -> None:
    probabilities = preference_probabilities(torch.full((k,), 5.0), noise)
    torch.testing.assert_close(probabilities, torch.full((k,), 1 / k))


def test_more_than_two_follow_the_softmax() -> None:
    returns = [0.3, -1.0, 2.0]
    total = sum(math.exp(value) for value in returns)
    expected = torch.tensor([0.9 * math.exp(value) / total + 0.1 / 3 for value in returns])
    torch.testing.assert_close(preference_probabilities(torch.tensor(returns), 0.1), expected)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_absent_segments_change_nothing(noise: float) -> None:
    alone = torch.tensor([1.0, 2.0])
    padded = torch.tensor([1.0, 2.0, -torch.inf])
    probabilities = preference_probabilities(padded, noise)
    torch.testing.assert_close(probabilities[:2], preference_probabilities(alone, noise))
    assert probabilities[2] == 0


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_loss_is_the_negative_logarithm_of_the_probability(noise: float) -> None:
    returns = torch.tensor([[0.5, -0.2], [3.0, 1.0]])
    loss = negative_log_likelihood(returns, verdict_targets([0, 1], [2, 2]), noise)
    probabilities = preference_probabilities(returns, noise)
    expected = -torch.stack([probabilities[0, 0], probabilities[1, 1]]).log()
    torch.testing.assert_close(loss, expected)


def test_the_loss_of_a_tie_is_least_at_equal_returns() -> None:
    tie = verdict_targets(["tie"], [2])
    equal, apart = (
        negative_log_likelihood(torch.tensor([[gap, 0.0]]), tie).item() for gap in (0.0, 1.0)
    )
    assert equal == pytest.approx(math.log(2))
    assert apart > equal


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("gap", [0.0, 1.0, 1e4])
def test_loss_and_gradients_are_finite_with_absent_segments(noise: float, gap: float) -> None:
    returns = torch.tensor([[gap, 0.0, -torch.inf]], requires_grad=True)
    loss = negative_log_likelihood(returns, torch.tensor([[0.0, 1.0, 0.0]]), noise)
    loss.sum().backward()
    assert returns.grad is not None
    assert returns.grad.isfinite().all()
    assert loss.isfinite().all()


def test_gradient_pulls_the_preferred_return_up() -> None:
    returns = torch.zeros(1, 2, requires_grad=True)
    negative_log_likelihood(returns, verdict_targets([0], [2])).sum().backward()
    torch.testing.assert_close(returns.grad, torch.tensor([[-0.5, 0.5]]))


def test_targets_are_one_hot_or_uniform_and_padded_with_zeros() -> None:
    targets = verdict_targets([1, "tie", 2, "tie"], [2, 2, 4, 4])
    expected = [[0, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.25] * 4]
    torch.testing.assert_close(targets, torch.tensor(expected, dtype=torch.float))


@pytest.mark.parametrize("verdict", [2, -1, "skip", "left", None])
def test_bad_verdicts_are_refused(verdict: Any) -> None:
    with pytest.raises(ValueError, match=f"cannot be {verdict!r}"):
        verdict_targets([verdict], [2])
