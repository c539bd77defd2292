"""The KL controller, by closed forms."""

import math

import pytest

from prefrl.agents.text.kl_control import KLController


def test_a_coefficient_without_a_target_stays() -> None:
    controller = KLController(0.3)
    controller.update(kl=100.0, texts=1000)
    assert controller.coefficient == 0.3


@pytest.mark.parametrize(("kl", "change"), [(6.0, 0.0), (6.6, 0.1), (60.0, 0.2), (0.0, -0.2)])
def test_one_update(kl: float, change: float) -> None:
    controller = KLController(0.15, target=6.0, horizon=1000)
    controller.update(kl, texts=500)
    assert controller.coefficient == pytest.approx(0.15 * (1 + change * 500 / 1000))


def test_many_texts_at_once_change_it_no_more_than_those_of_a_horizon() -> None:
    controller = KLController(1.0, target=1.0, horizon=10)
    controller.update(kl=0.0, texts=1000)
    assert controller.coefficient == pytest.approx(0.8)


def test_small_updates_add_up_like_one_exponential() -> None:
    controller = KLController(1.0, target=1.0, horizon=10_000)
    for _ in range(10_000):
        controller.update(kl=10.0, texts=1)
    assert controller.coefficient == pytest.approx(math.exp(0.2), rel=1e-4)


@pytest.mark.parametrize("target", [0.5, 5.0])
def test_it_finds_the_coefficient_of_the_target(target: float) -> None:
    # As if the KL of the trained policy were inversely proportional to the coefficient.
    controller = KLController(1.0, target=target, horizon=500)
    for _ in range(2000):
        kl = 2.0 / controller.coefficient
        controller.update(kl, texts=100)
    assert kl == pytest.approx(target, rel=0.01)
