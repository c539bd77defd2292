"""Tests of prefrl.learned_reward."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray
from stable_baselines3.common.env_checker import check_env as check_env_for_agents

import prefrl
from prefrl.environments import quiet_mujoco
from prefrl.errors import UserError
from prefrl.reward_model import make_reward_model
from prefrl.trees import Array, Tree


class Reading:
    """Predicts the first number of the observation plus ten times the action."""

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        leaf = observations["image"] if isinstance(observations, dict) else observations
        first = leaf.reshape(len(leaf), -1)[:, 0]
        rewards = first + 10 * actions.reshape(len(actions), -1)[:, 0]
        return np.asarray(rewards, np.float32)


class Counter(gymnasium.Env[Any, Any]):
    """Observes the steps of the episode, in an array that it uses again and again."""

    observation_space: spaces.Box
    action_space = spaces.Box(-1, 1, (1,))

    def __init__(self, broken_from: int = 1000, shape: tuple[int, ...] = (1,)) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (1,))
        self.broken_from, self.broken_shape = broken_from, shape
        self.count = np.zeros(1, np.float32)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(**kwargs)
        self.count[:] = 0
        return self.count, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.count += 1
        broken = self.count[0] >= self.broken_from
        shown = np.full(self.broken_shape, np.nan, np.float32) if broken else self.count
        return shown, 7.0, bool(self.count[0] >= 5), False, {"kept": 1}


def test_the_reward_is_that_of_the_observation_before_and_the_action_taken() -> None:
    env = prefrl.LearnedReward(Counter(), Reading())
    env.reset()
    rewards = [env.step(np.array([action])) for action in (0.5, -3.0, 0.0)]
    assert [step[1] for step in rewards] == [0 + 5, 1 - 10, 2]
    assert all(step[4] == {"kept": 1, "true_reward": 7.0} for step in rewards)


def test_a_reset_starts_from_its_own_observation() -> None:
    env = prefrl.LearnedReward(Counter(), Reading())
    for _ in range(2):
        env.reset()
        assert env.step(np.zeros(1))[1] == 0
        assert env.step(np.zeros(1))[1] == 1


@pytest.fixture
def saved_reward(tmp_path: Path) -> str:
    env = gymnasium.make("CartPole-v1")
    prefrl.save_reward(tmp_path, make_reward_model(env.observation_space, env.action_space))
    return str(tmp_path)


def episode_rewards(env: gymnasium.Env[Any, Any]) -> list[float]:
    env.reset(seed=3)
    return [float(env.step(step % 2)[1]) for step in range(8)]


def test_it_is_rebuilt_from_its_spec_and_pickled(saved_reward: str) -> None:
    env = prefrl.LearnedReward(gymnasium.make("CartPole-v1"), saved_reward)
    assert env.spec is not None
    expected = episode_rewards(env)
    assert len(set(expected)) == len(expected)
    assert episode_rewards(gymnasium.make(env.spec)) == expected
    assert episode_rewards(pickle.loads(pickle.dumps(env))) == expected


@pytest.mark.parametrize("env_id", ["CartPole-v1", "MountainCarContinuous-v0", "HalfCheetah-v5"])
def test_it_passes_the_checkers(env_id: str) -> None:
    if env_id.startswith("HalfCheetah"):
        quiet_mujoco()
    plain = gymnasium.make(env_id)
    model = make_reward_model(plain.observation_space, plain.action_space)
    env = prefrl.LearnedReward(plain, model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # MuJoCo ends the process when the checker tries its mode "human" without a display.
        check_env(env, skip_render_check=True)
        check_env_for_agents(env, skip_render_check=True)
    harmless = ("is different from the unwrapped version", "infinity", "infinite")
    others = [str(w.message) for w in caught if not any(h in str(w.message) for h in harmless)]
    assert others == []


def test_what_the_environment_breaks_is_named_with_the_step() -> None:
    env = prefrl.LearnedReward(Counter(broken_from=3), Reading())
    env.reset()
    env.step(np.zeros(1))
    env.step(np.zeros(1))
    with pytest.raises(UserError, match="observation that is not finite after 3 steps"):
        env.step(np.zeros(1))
    env = prefrl.LearnedReward(Counter(broken_from=1, shape=(2,)), Reading())
    env.reset()
    with pytest.raises(UserError, match=r"of shape \(2,\) instead of \(1,\) after 1 steps"):
        env.step(np.zeros(1))


def test_a_reward_for_other_spaces_is_refused(saved_reward: str) -> None:
    with pytest.raises(UserError, match="the reward was made for the observation space"):
        prefrl.LearnedReward(gymnasium.make("Pendulum-v1"), saved_reward)
