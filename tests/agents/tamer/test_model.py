"""Tests of agents/tamer/model.py and shaping.py."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO

from prefrl import LearnedReward, VectorLearnedReward
from prefrl.agents.tamer.model import FILE, ReinforcementModel, load_model
from prefrl.agents.tamer.shaping import ShapedReward
from prefrl.envs.tetris.controllers import play
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.settings import Settings
from prefrl.envs.tetris.single_env import TetrisEnv
from prefrl.errors import UserError

SIZE: dict[str, Any] = {"width": 6, "height": 10}


@pytest.fixture
def model() -> ReinforcementModel:
    """A model with weights of no meaning."""
    made = ReinforcementModel(width=6)
    made.weights = np.random.default_rng(0).normal(size=made.weights.shape) * 1e-3
    made.bias = 0.1
    return made


def tetris() -> TetrisEnv:
    return TetrisEnv(features="knox", **SIZE)


def test_what_is_saved_is_loaded_to_the_last_bit(model: ReinforcementModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.weights, model.weights)
    assert (loaded.bias, loaded.width, loaded.features) == (0.1, 6, "knox")


@pytest.mark.parametrize("content", ["", "[]", '{"width": 6, "features": "knox"}', None])
def test_what_is_no_model_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(UserError, match="no readable model of TAMER"):
        load_model(tmp_path)


def test_weights_must_fit_the_features(model: ReinforcementModel, tmp_path: Path) -> None:
    model.weights = model.weights[1:]
    model.save(tmp_path)
    with pytest.raises(UserError, match="weights for"):
        load_model(tmp_path)


def test_a_reward_is_the_value_of_what_a_placement_changes(model: ReinforcementModel) -> None:
    env = tetris()
    observation, _ = env.reset(seed=0)
    compute = feature_set("knox").compute
    rewards, expected, steps = [], [], []
    before = np.array([10.0] * 7 + [0] * 8 + [1.0] * 7 + [0] * 8)  # of an empty board
    for step in range(6):
        action = step % int(env.games.choices[0])
        after = compute(env.games.afterstates)[:, action].astype(np.float64)
        rewards.append(model.predict(observation, np.array(action)))
        expected.append((after - before) @ model.weights + model.bias)
        steps.append((observation, action))
        before = after
        observation = env.step(action)[0]
    np.testing.assert_allclose(rewards, expected, rtol=1e-5)
    batch = {key: np.stack([seen[key] for seen, _ in steps]) for key in steps[0][0]}
    together = model.predict(batch, np.array([action for _, action in steps]))
    np.testing.assert_allclose(together, rewards, rtol=1e-6)


def test_losing_is_chosen_only_where_every_placement_loses(model: ReinforcementModel) -> None:
    model.weights = np.zeros_like(model.weights)
    model.weights[6] = -1.0  # the higher the highest column, the better
    env = tetris()
    env.reset(seed=0)
    while not env.games.lost[0]:
        loses = env.games.afterstates.lost(10)
        chosen = model.choose(env.games)[0]
        assert loses.all() or not loses[chosen]
        env.step(int(chosen))


def test_boards_are_played_together_as_they_are_alone(model: ReinforcementModel) -> None:
    settings = Settings(features="knox", **SIZE)
    both = play(model.choose, 4, settings, seed=3, most_pieces=50)
    np.testing.assert_array_equal(play(model.choose, 4, settings, seed=3, most_pieces=50), both)


def test_actions_that_a_piece_has_not_are_taken_as_the_game_takes_them(
    model: ReinforcementModel,
) -> None:
    env = tetris()
    observation, _ = env.reset(seed=0)
    count = int(env.games.choices[0])
    for action in range(34):
        taken = model.predict(observation, np.array(action % count))
        assert model.predict(observation, np.array(action)) == taken


def test_the_model_is_a_reward_for_wrappers(model: ReinforcementModel) -> None:
    env = LearnedReward(tetris(), model)
    vector = VectorLearnedReward(
        gymnasium.make_vec("prefrl.envs:prefrl/Tetris-v0", 2, features="knox", **SIZE), model
    )
    observation, _ = env.reset(seed=0)
    vector.reset(seed=[0, 1])
    for _ in range(5):
        expected = model.predict(observation, np.array(1))
        observation, reward, _, _, info = env.step(1)
        assert reward == pytest.approx(float(expected))
        assert info["true_reward"] == 0
        assert vector.step(np.array([1, 1]))[1][0] == pytest.approx(reward)


def test_shaping_adds_reinforcement_to_the_reward(
    model: ReinforcementModel, tmp_path: Path
) -> None:
    model.save(tmp_path)
    env = ShapedReward(tetris(), str(tmp_path), weight=0.5)
    observation, _ = env.reset(seed=0)
    for _ in range(30):
        action = 0
        expected = float(model.predict(observation, np.array(action)))
        observation, reward, terminated, _, info = env.step(action)
        assert info["reinforcement"] == pytest.approx(expected)
        assert reward == pytest.approx(info["true_reward"] + 0.5 * expected)
        if terminated:
            observation, _ = env.reset()


def test_ppo_trains_on_reinforcement(model: ReinforcementModel) -> None:
    agent = PPO("MultiInputPolicy", ShapedReward(tetris(), model), n_steps=32, batch_size=32)
    agent.learn(64)
    buffer = agent.rollout_buffer  # flattened, all but its rewards
    expected = model.predict(buffer.observations, buffer.actions[:, 0].astype(np.int64))
    lines = buffer.rewards[:, 0] - expected
    np.testing.assert_allclose(lines, lines.round(), atol=1e-5)
    assert buffer.rewards.std() > 0
