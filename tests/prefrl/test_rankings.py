import math

import numpy as np
import pytest
from gymnasium import spaces

from prefrl.fitting import RewardFitter, bootstrap_counts
from prefrl.queries import QueryKey
from prefrl.rankings import ranking_comparisons
from prefrl.reward_model import RewardEnsemble, member_returns
from prefrl.segments import Segment

BOX = spaces.Box(-1, 1, (1,))
KEY = QueryKey("run", 2, 5)


def _ranked(count: int) -> list[Segment]:
    rng = np.random.default_rng(0)
    arrays = rng.uniform(-1, 1, (count, 2, 3, 1)).astype(np.float32)
    return [Segment(seen, done, np.zeros(3)) for seen, done in arrays]


def test_every_pair_is_compared_once_and_the_better_one_wins() -> None:
    ranked = _ranked(4)
    comparisons = ranking_comparisons(ranked, KEY)
    places = [
        tuple(next(i for i, one in enumerate(ranked) if one is segment) for segment in pair)
        for pair in (comparison.query.segments for comparison in comparisons)
    ]
    assert places == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [comparison.verdict for comparison in comparisons] == [0] * 6


def test_pairs_are_trained_on_or_held_out_together() -> None:
    keys = [comparison.query.key for comparison in ranking_comparisons(_ranked(4), KEY)]
    assert len(set(keys)) == 6
    counts = [bootstrap_counts(0, key, 5).tolist() for key in keys]
    assert counts == [counts[0]] * 6


def test_the_loss_of_a_ranking_is_that_of_its_pairs() -> None:
    ranked, model = _ranked(4), RewardEnsemble(BOX, BOX, members=1)
    fitter = RewardFitter(model, 3, noise=0.0)
    trained = next(key for key in _keys() if bootstrap_counts(0, key, 1)[0] > 0)
    fitter.add(ranking_comparisons(ranked, trained))
    returns = member_returns(model, [tuple(ranked)])[0, 0].tolist()
    losses = [
        math.log1p(math.exp(returns[worse] - returns[better]))
        for better in range(4)
        for worse in range(better + 1, 4)
    ]
    assert fitter.fit(0).training_loss == pytest.approx(np.mean(losses), rel=1e-5)


def test_one_segment_is_no_ranking() -> None:
    with pytest.raises(ValueError, match="at least two"):
        ranking_comparisons(_ranked(1), KEY)


def _keys() -> list[QueryKey]:
    return [QueryKey("run", 0, index) for index in range(100)]
