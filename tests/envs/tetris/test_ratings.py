"""Tests of envs/tetris/ratings.py."""

import numpy as np

from prefrl.envs.tetris.controllers import DELLACHERIE
from prefrl.envs.tetris.single_env import TetrisEnv


def test_a_placement_is_rated_as_dellacherie_rates_its_candidate() -> None:
    env = TetrisEnv(height=6, features="dellacherie", judged_by="dellacherie")
    observation, info = env.reset(seed=0)
    assert info["segment_reward"] == 0
    lost, generator = False, np.random.default_rng(0)
    while not lost:
        legal = np.flatnonzero(observation["action_mask"])
        action = int(generator.choice(legal))
        expected = DELLACHERIE.rate(observation["candidates"], observation["action_mask"])[action]
        observation, _, lost, _, info = env.step(action)
        assert info["segment_reward"] == expected + 3 * 60


def test_without_being_asked_for_there_are_no_ratings() -> None:
    _, info = TetrisEnv().reset(seed=0)
    assert "segment_reward" not in info
