"""Tests of prefrl.reward_files."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

from prefrl.checkpoints import write_checkpoint
from prefrl.errors import UserError
from prefrl.reward_files import check_made_for, load_reward, save_reward
from prefrl.reward_model import FittedModel, make_reward_model

OBSERVATIONS, ACTIONS = spaces.Box(-1, 1, (2,)), spaces.Discrete(3)


def make_model(seed: int = 1) -> FittedModel:
    return make_reward_model(OBSERVATIONS, ACTIONS, members=2, seed=seed)


def assert_same(first: FittedModel, second: FittedModel) -> None:
    steps = np.random.default_rng(0).uniform(-1, 1, (5, 2)), np.array([0, 1, 2, 1, 0])
    np.testing.assert_array_equal(first.predict(*steps), second.predict(*steps))


def test_a_saved_reward_predicts_the_same(tmp_path: Path) -> None:
    model = make_model()
    model.output_mean.fill_(3.0)
    save_reward(tmp_path / "reward", model)
    loaded = load_reward(tmp_path / "reward")
    assert_same(loaded, model)
    assert (loaded.observation_space, loaded.action_space) == (OBSERVATIONS, ACTIONS)


def test_of_a_run_the_newest_whole_checkpoint_is_read(tmp_path: Path) -> None:
    for number, seed in enumerate((1, 2, 3)):
        write_checkpoint(tmp_path, number, partial(save_reward, model=make_model(seed)))
    (tmp_path / "checkpoints" / "000002" / "reward.safetensors").write_bytes(b"damaged")
    assert_same(load_reward(tmp_path), make_model(2))


def test_a_folder_without_a_reward_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no readable reward model"):
        load_reward(tmp_path)
    (tmp_path / "reward.json").write_text("{}")
    with pytest.raises(UserError, match="holds no readable reward model"):
        load_reward(tmp_path)


def test_a_reward_for_other_spaces_is_refused() -> None:
    check_made_for(make_model(), OBSERVATIONS, ACTIONS)
    with pytest.raises(UserError, match=r"made for the observation space Box.*has Discrete\(2\)"):
        check_made_for(make_model(), spaces.Discrete(2), ACTIONS)
    with pytest.raises(UserError, match=r"made for the action space Discrete\(3\)"):
        check_made_for(make_model(), OBSERVATIONS, spaces.Discrete(4))
