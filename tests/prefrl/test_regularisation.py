"""Tests of prefrl.regularisation."""

import pytest
import torch

from prefrl.regularisation import AdaptiveL2


def updated(ratio: float) -> float:
    l2 = AdaptiveL2(1, initial=0.01)
    l2.update(torch.tensor([0.5]), torch.tensor([0.5 * ratio]))
    return float(l2.coefficients[0])


@pytest.mark.parametrize("ratio", [1.6, 10.0])
def test_overfitting_raises_the_coefficient(ratio: float) -> None:
    assert updated(ratio) == pytest.approx(0.012)


@pytest.mark.parametrize("ratio", [0.5, 1.0])
def test_underfitting_lowers_the_coefficient(ratio: float) -> None:
    assert updated(ratio) == pytest.approx(0.01 / 1.2)


@pytest.mark.parametrize("ratio", [1.15, 1.3, 1.45, float("nan")])
def test_in_between_and_nan_leave_it_alone(ratio: float) -> None:
    assert updated(ratio) == 0.01


def test_members_are_adjusted_independently() -> None:
    l2 = AdaptiveL2(3, initial=0.01, factor=2.0)
    l2.update(torch.ones(3), torch.tensor([2.0, 1.0, 1.3]))
    torch.testing.assert_close(
        l2.coefficients, torch.tensor([0.02, 0.005, 0.01], dtype=torch.float64)
    )


@pytest.mark.parametrize(("ratio", "bound"), [(2.0, 0.02), (0.5, 0.005)])
def test_the_coefficient_stays_within_its_bounds(ratio: float, bound: float) -> None:
    l2 = AdaptiveL2(1, initial=0.01, least=0.005, most=0.02)
    for _ in range(20):
        l2.update(torch.tensor([1.0]), torch.tensor([ratio]))
    assert float(l2.coefficients[0]) == bound


def test_up_and_down_return_to_the_start() -> None:
    l2 = AdaptiveL2(1, initial=0.01)
    for ratio in (2.0, 1.0):
        l2.update(torch.tensor([1.0]), torch.tensor([ratio]))
    assert float(l2.coefficients[0]) == pytest.approx(0.01)
