from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.language.best_of_n import best_of_n, best_of_n_kl, expected_best
from prefrl.trees import Tree

SCORES = st.lists(st.integers(0, 4), min_size=1, max_size=7)
"""Few different ones, so that many are equal."""


def _brute_force(proxy: list[int], gold: list[int], n: int) -> float:
    worth = []
    for choice in combinations(range(len(proxy)), n):
        highest = max(proxy[i] for i in choice)
        worth.append(np.mean([gold[i] for i in choice if proxy[i] == highest]))
    return float(np.mean(worth))


@given(SCORES, st.randoms(use_true_random=False), st.data())
def test_expected_best_is_the_mean_over_all_choices(
    proxy: list[int], random: Random, data: st.DataObject
) -> None:
    gold = [random.randint(-9, 9) for _ in proxy]
    n = data.draw(st.integers(1, len(proxy)))
    found = expected_best(np.array(proxy), np.array(gold), n)
    assert found == pytest.approx(_brute_force(proxy, gold, n), abs=1e-12)


def test_of_one_it_is_the_mean_and_of_all_the_best() -> None:
    proxy, gold = np.array([[3.0, 1.0, 2.0]] * 2), np.array([[5.0, 7.0, 9.0], [1.0, 2.0, 3.0]])
    assert expected_best(proxy, gold, 1).tolist() == pytest.approx([7, 2])
    assert expected_best(proxy, gold, 3).tolist() == [5, 1]


def test_many_samples_do_not_overflow() -> None:
    scores = np.arange(2000.0)
    # The expected maximum of n out of 0 … N − 1 is n (N + 1) / (n + 1) − 1.
    assert expected_best(scores, scores, 1000) == pytest.approx(1000 * 2001 / 1001 - 1)


def test_the_best_text_of_each_start_is_returned() -> None:
    starts = {"start": np.array([10, 20]), "number": np.zeros(2)}

    def write(texts: Tree) -> Tree:
        assert isinstance(texts, dict)
        return {**texts, "number": np.array([0.0, 2.0, 1.0, 7.0, 5.0, 6.0])}

    def score(texts: Tree) -> np.ndarray:
        assert isinstance(texts, dict)
        return texts["number"] + texts["start"]

    texts, scores = best_of_n(starts, 3, write=write, score=score)
    assert isinstance(texts, dict)
    assert texts["start"].tolist() == [10, 20]
    assert texts["number"].tolist() == [2, 7]
    assert scores.tolist() == [12, 27]


def test_kl_is_that_of_the_enumerated_distribution() -> None:
    """With N equally likely texts and n draws, P(best is the i-th) = (i^n − (i − 1)^n) / N^n."""
    count = 100_000
    ranks = np.arange(count + 1) / count
    for n in (1, 2, 4, 16):
        best = np.diff(ranks**n)
        assert best_of_n_kl(n) == pytest.approx(
            float(np.sum(best * np.log(best * count))), abs=1e-4
        )
