"""Tests of agents/tamer/trainer.py."""

import numpy as np
import pytest

from prefrl.agents.tamer.trainer import ScriptedTrainer, judge
from prefrl.envs.tetris.controllers import DELLACHERIE
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.games import Games
from prefrl.envs.tetris.settings import Settings
from prefrl.envs.tetris.single_env import TetrisEnv


@pytest.fixture
def games() -> Games:
    """A board with some pieces on it."""
    env = TetrisEnv()
    env.reset(seed=4)
    for action in (0, 8, 3, 5):
        env.step(action)
    return env.games


def test_the_best_are_good_and_those_below_the_median_bad(games: Games) -> None:
    rows = feature_set("dellacherie").compute(games.afterstates)
    ratings = np.array(DELLACHERIE.weights) @ rows
    judged = np.array([judge(games, action) for action in range(len(ratings))])
    assert judged[ratings.argmax()] == 1
    np.testing.assert_array_equal(judged == -1, ratings < np.median(ratings))
    better = (ratings[:, None] > ratings).mean(axis=0)
    np.testing.assert_array_equal(judged == 1, better < 0.15)
    assert Settings(height=20) == games.settings


def test_a_share_is_rated_and_of_that_a_share_wrong(games: Games) -> None:
    best = [judge(games, action) for action in range(int(games.choices[0]))].index(1.0)
    trainer = ScriptedTrainer(0, 0, 0.3, 0.2)
    values = np.array([trainer.rate(games, best) for _ in range(4000)])
    assert (values != 0).mean() == pytest.approx(0.3, abs=0.025)
    assert (values[values != 0] < 0).mean() == pytest.approx(0.2, abs=0.035)


def test_a_trainer_goes_on_where_it_was(games: Games) -> None:
    whole = ScriptedTrainer(1, 2, 0.5, 0.5)
    values = [whole.rate(games, 0) for _ in range(40)]
    rest = ScriptedTrainer(1, 2, 0.5, 0.5, placements=25)
    assert [rest.rate(games, 0) for _ in range(15)] == values[25:]
    other = ScriptedTrainer(1, 3, 0.5, 0.5)
    assert [other.rate(games, 0) for _ in range(40)] != values
