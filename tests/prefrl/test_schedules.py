"""Tests of prefrl.schedules."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.schedules import DECAY_HALF_LIFE, Schedule, label_counts

budgets = st.integers(0, 5000)
rounds = st.integers(2, 60)
schedules: st.SearchStrategy[Schedule] = st.sampled_from(["constant", "decaying"])


def starts(count: int) -> list[float]:
    return [index / count for index in range(count)]


@given(budgets, st.integers(1, 60), schedules, st.floats(0, 1))
def test_counts_add_up_to_the_budget(
    budget: int, count: int, schedule: Schedule, initial_share: float
) -> None:
    counts = label_counts(budget, starts(count), schedule=schedule, initial_share=initial_share)
    assert sum(counts) == budget
    assert len(counts) == count
    assert min(counts) >= 0


@given(budgets, rounds, schedules)
def test_the_first_round_asks_a_quarter(budget: int, count: int, schedule: Schedule) -> None:
    first = label_counts(budget, starts(count), schedule=schedule)[0]
    assert abs(first - budget / 4) <= 0.5


@given(budgets, rounds)
def test_decaying_never_increases_but_by_rounding(budget: int, count: int) -> None:
    later = label_counts(budget, starts(count))[1:]
    assert all(after <= before + 1 for before, after in itertools.pairwise(later))


@given(budgets, rounds)
def test_constant_is_constant_within_one(budget: int, count: int) -> None:
    later = label_counts(budget, starts(count), schedule="constant")[1:]
    assert max(later) - min(later) <= 1


def test_decaying_halves_after_the_half_life() -> None:
    _, early, late = label_counts(300_000, [0.0, 0.0, DECAY_HALF_LIFE], initial_share=0.0)
    assert early == 2 * late


def test_a_single_round_asks_everything() -> None:
    assert label_counts(700, [0.0]) == [700]


@pytest.mark.parametrize(("share", "first"), [(0.0, 0), (0.5, 50), (1.0, 100)])
def test_the_initial_share_can_be_chosen(share: float, first: int) -> None:
    assert label_counts(100, starts(4), initial_share=share)[0] == first


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_the_first_round_asks_even_with_few_labels(budget: int) -> None:
    counts = label_counts(budget, [0.0, 0.3, 0.6])
    assert counts[0] >= 1
    assert sum(counts) == budget
