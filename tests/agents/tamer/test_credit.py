"""Tests of agents/tamer/credit.py."""

import itertools
import math

import numpy as np
import pytest

from prefrl.agents.tamer.credit import (
    REMAINDER,
    Credit,
    delay_probability,
    longest_delay,
    share,
)


def density(credit: Credit, delay: float) -> float:
    if credit == "uniform":
        return 1 / 0.6 if 0.2 <= delay <= 0.8 else 0.0
    return delay * math.exp(-delay / 0.28) / 0.28**2


@pytest.mark.parametrize("credit", ["gamma", "uniform"])
@pytest.mark.parametrize(
    ("shown_at", "gone_at"), [(0.0, 0.5), (0.5, 1.0), (0.9, 1.0), (0.7, math.inf), (-9.0, 0.1)]
)
def test_a_share_is_the_integral_of_the_density(
    credit: Credit, shown_at: float, gone_at: float
) -> None:
    said_at, width = 1.0, 1e-5
    delays = np.arange(max(0.0, said_at - gone_at), said_at - shown_at, width) + width / 2
    integral = sum(density(credit, delay) for delay in delays) * width
    assert share(credit, shown_at, gone_at, said_at) == pytest.approx(integral, abs=1e-4)


def test_the_gamma_density_has_its_mean_where_the_papers_has() -> None:
    delays = np.linspace(0, 6, 6001)
    survival = [1 - delay_probability("gamma", delay) for delay in delays]
    assert np.trapezoid(survival, delays) == pytest.approx(2 * 0.28, abs=1e-3)


@pytest.mark.parametrize("credit", ["previous", "gamma", "uniform"])
def test_shares_of_placements_without_gaps_add_up_to_one(credit: Credit) -> None:
    borders = [-20.0, 0.3, 0.9, 1.0, 2.2, 2.9, math.inf]
    for said_at in (0.95, 2.3, 3.0, 4.0):
        shares = [
            share(credit, shown_at, gone_at, said_at)
            for shown_at, gone_at in itertools.pairwise(borders)
        ]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) >= 0


def test_without_delays_all_is_of_what_is_shown() -> None:
    assert share("previous", 1.0, 2.0, 1.0) == 1
    assert share("previous", 1.0, 2.0, 2.1) == 0
    assert share("previous", 1.0, 2.0, 0.9) == 0
    assert longest_delay("previous") == 0


@pytest.mark.parametrize("credit", ["gamma", "uniform"])
def test_nothing_shown_afterwards_gets_credit(credit: Credit) -> None:
    assert share(credit, 2.0, 3.0, 1.9) == 0


@pytest.mark.parametrize("credit", ["gamma", "uniform"])
def test_what_comes_after_the_longest_delay_is_next_to_nothing(credit: Credit) -> None:
    longest = longest_delay(credit)
    assert 1 - delay_probability(credit, longest) <= REMAINDER
    assert 1 - delay_probability(credit, 0.99 * longest) > REMAINDER
