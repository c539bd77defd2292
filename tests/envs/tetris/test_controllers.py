"""Tests of envs/tetris/controllers.py."""

import numpy as np
import pytest

from prefrl.envs.tetris.controllers import (
    BCTS,
    DELLACHERIE,
    DT_10,
    DT_20,
    EL_TETRIS,
    LinearController,
    bertsekas_start,
    play,
    random_controller,
)
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.settings import Settings
from prefrl.envs.tetris.single_env import TetrisEnv

SMALL = Settings(width=6, height=8)
ALL_CONTROLLERS = [DELLACHERIE, EL_TETRIS, BCTS, DT_10, DT_20, bertsekas_start()]


@pytest.mark.parametrize("controller", ALL_CONTROLLERS, ids=lambda one: one.source)
def test_there_is_a_weight_for_every_feature(controller: LinearController) -> None:
    assert len(controller.weights) == len(feature_set(controller.features).names(10))


def test_the_highest_rated_candidate_is_taken_and_the_first_of_equal_ones() -> None:
    controller = LinearController("dellacherie", (1, 0, 0, 0, 0, -2), "none")
    candidates = np.zeros((4, 6))
    candidates[:, 0], candidates[:, 5] = [1, 9, 9, 30], [0, 1, 1, 0]
    assert controller.act(candidates, np.array([1, 1, 1, 0])) == 1
    assert controller.act(
        np.stack([candidates] * 2), np.array([[1] * 4, [1, 0, 0, 0]])
    ).tolist() == [
        3,
        0,
    ]


def test_bertsekas_start_wants_the_highest_column_low_and_then_few_holes() -> None:
    names = feature_set("bertsekas").names(7)
    weights = dict(zip(names, bertsekas_start(7).weights, strict=True))
    assert {name: weight for name, weight in weights.items() if weight} == {
        "highest": -10,
        "holes": -1,
    }


@pytest.mark.parametrize("controller", ALL_CONTROLLERS, ids=lambda one: one.source)
def test_what_is_observed_is_enough_to_play(controller: LinearController) -> None:
    env = TetrisEnv(features=controller.features)
    observation, _ = env.reset(seed=0)
    for _ in range(20):  # too few for any placement to lose
        action = controller.act(observation["candidates"], observation["action_mask"])
        assert action == controller.choose(env.games)[0]
        observation = env.step(int(action))[0]


def test_games_are_played_to_their_ends_whatever_else_is_played() -> None:
    both = play(DELLACHERIE.choose, 6, SMALL, seed=3)
    np.testing.assert_array_equal(play(DELLACHERIE.choose, 6, SMALL, seed=3), both)
    assert len(set(both.tolist())) > 3


def test_games_can_be_broken_off() -> None:
    whole = play(DELLACHERIE.choose, 6, SMALL, seed=3)
    broken = play(DELLACHERIE.choose, 6, SMALL, seed=3, most_pieces=10)
    assert broken.max() <= 10 * 4 // 6
    assert (broken <= whole).all()


def test_better_controllers_clear_more_lines() -> None:
    means = [
        play(choose, 60, SMALL).mean()
        for choose in (
            random_controller(np.random.default_rng(0)),
            bertsekas_start(6).choose,
            DELLACHERIE.choose,
        )
    ]
    assert means == sorted(means)
    assert means[2] > 3 * max(1, means[0])
