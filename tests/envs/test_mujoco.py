"""Tests of envs/mujoco.py."""

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from prefrl.environments import make
from prefrl.envs.mujoco import ROBOTS

HORIZONS = {**dict.fromkeys(ROBOTS, 1000), "Reacher": 50}


def make_robot(name: str) -> gymnasium.Env[Any, Any]:
    return make(f"prefrl.envs:prefrl/{name}-v0")


def rollout(name: str, steps: int, scale: float = 1.0) -> list[tuple[Any, ...]]:
    """Act at random, and return what each step gave."""
    env = make_robot(name)
    env.reset(seed=0)
    env.action_space.seed(0)
    seen = [env.step(scale * env.action_space.sample()) for _ in range(steps)]
    env.close()
    return seen


def test_there_are_the_eight_robots_of_the_paper() -> None:
    assert sorted(ROBOTS) == [
        "Ant",
        "HalfCheetah",
        "Hopper",
        "InvertedDoublePendulum",
        "InvertedPendulum",
        "Reacher",
        "Swimmer",
        "Walker2d",
    ]


@pytest.mark.parametrize("name", ROBOTS)
def test_robots_pass_gymnasiums_checker(name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(make_robot(name).unwrapped, skip_render_check=True)
    about_bounds = ("infinity", "symmetric and normalized space")  # of Gymnasium's own robots
    messages = [str(warning.message) for warning in caught]
    assert all(any(known in message for known in about_bounds) for message in messages), messages


@pytest.mark.parametrize("name", ROBOTS)
def test_episodes_last_their_horizon_and_never_terminate(name: str) -> None:
    seen = rollout(name, HORIZONS[name])
    assert not any(terminated for _, _, terminated, _, _ in seen)
    assert [truncated for _, _, _, truncated, _ in seen] == [False] * (len(seen) - 1) + [True]
    assert all(np.isfinite(observation).all() for observation, *_ in seen)
    assert np.isfinite([float(reward) for _, reward, *_ in seen]).all()


@pytest.mark.parametrize("name", ROBOTS)
def test_the_same_seed_gives_the_same_episode(name: str) -> None:
    first, again = (rollout(name, 20) for _ in range(2))
    for step, repeated in zip(first, again, strict=True):
        np.testing.assert_array_equal(step[0], repeated[0])
        assert step[1:4] == repeated[1:4]


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robot_is_rebuilt_from_its_spec(name: str) -> None:
    env = make_robot(name)
    assert env.spec is not None
    rebuilt = gymnasium.make(env.spec)
    assert str(rebuilt) == str(env)
    assert rebuilt.spec == env.spec


def test_an_idle_ant_earns_nothing_from_standing() -> None:
    rewards = [float(reward) for _, reward, *_ in rollout("Ant", 1000, scale=0.0)]
    assert abs(sum(rewards)) < 20  # Gymnasium's own would pay 1,000 for it


@pytest.mark.parametrize("name", ["HalfCheetah", "Hopper", "Walker2d", "Ant", "Swimmer", "Reacher"])
def test_control_costs_nothing(name: str) -> None:
    costs = [info["reward_ctrl"] for *_, info in rollout(name, 20)]
    assert not any(costs)


@pytest.mark.parametrize("name", ["Hopper", "Walker2d"])
def test_a_robot_that_is_down_loses_its_healthy_reward(name: str) -> None:
    survival = [info["reward_survive"] for *_, info in rollout(name, 300)]
    assert survival[0] == 1
    assert survival[-1] == 0
