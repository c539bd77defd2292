"""The wrapper and the rollout buffer give the same learned rewards for the same steps."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl import LearnedReward
from prefrl.agents.ppo import make_ppo
from prefrl.agents.recording_env import RecordingVecEnv, Rollout
from prefrl.agents.reward_terms import learned_reward
from prefrl.agents.settings import PPOSettings
from prefrl.agents.single_envs import SingleEnvs
from prefrl.environments import make
from prefrl.reward_model import FittedModel, make_reward_model
from prefrl.trees import Array

SEEDS = (3, 11)


class Shows(gymnasium.Env[Any, Any]):
    """Shows random observations; ends every seventh step."""

    action_space = spaces.Box(-1, 1, (2,))

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        self.steps = 0
        return self.look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        return self.look(), 1.0, self.steps == 7, False, {}

    def look(self) -> Any:
        raise NotImplementedError


class Frames(Shows):
    """Images, channels last."""

    observation_space = spaces.Box(0, 255, (40, 38, 3), np.uint8)

    def look(self) -> Array:
        return self.np_random.integers(0, 256, (40, 38, 3), np.uint8)


class Parts(Shows):
    """An image, numbers and a choice."""

    observation_space = spaces.Dict(
        {
            "choice": spaces.Discrete(3),
            "image": spaces.Box(0, 255, (40, 38), np.uint8),
            "numbers": spaces.Box(-9, 9, (3,)),
        }
    )

    def look(self) -> dict[str, Any]:
        return {
            "choice": int(self.np_random.integers(3)),
            "image": self.np_random.integers(0, 256, (40, 38), np.uint8),
            "numbers": self.np_random.uniform(-9, 9, 3).astype(np.float32),
        }


def make_cheetah() -> gymnasium.Env[Any, Any]:
    return make("prefrl/HalfCheetah-v0")


def spread_model(env: gymnasium.Env[Any, Any]) -> FittedModel:
    """Return a reward model with all of its normalisation in use."""
    model = make_reward_model(env.observation_space, env.action_space, seed=5)
    with torch.no_grad():
        model.output_mean.copy_(torch.tensor([0.1, -0.2, 0.3]))
        model.output_std.copy_(torch.tensor([0.1, 0.02, 0.05]))
    return model


def buffer_rewards(
    make_env: Callable[[], gymnasium.Env[Any, Any]], model: FittedModel
) -> tuple[Array, Rollout]:
    """Return what a rollout of PPO is trained on, `[T, N]`, and the rollout."""
    settings = PPOSettings(num_envs=2, n_steps=30, batch_size=60, n_epochs=1, hidden=(8,))
    env = RecordingVecEnv(SingleEnvs([make_env(), make_env()]))
    rollouts: list[Rollout] = []

    def rewards() -> Array:
        rollouts.append(env.take_rollout())
        return learned_reward(model)(rollouts[-1])

    agent = make_ppo(env, settings, rewards=rewards)
    env.seed_each(SEEDS)
    agent.learn(60)
    return agent.rollout_buffer.rewards, rollouts[0]


def wrapper_rewards(envs: list[gymnasium.Env[Any, Any]], actions: Array) -> Array:
    """Return what the environments themselves give for actions, `[T, N]`."""
    env = RecordingVecEnv(SingleEnvs(envs))
    env.seed_each(SEEDS)
    env.reset()
    for step_actions in actions:
        env.step(step_actions)
    return env.take_rollout().true_rewards


@pytest.mark.parametrize("make_env", [make_cheetah, Frames, Parts])
def test_wrapper_and_buffer_agree(make_env: Callable[[], gymnasium.Env[Any, Any]]) -> None:
    model = spread_model(make_env())
    given, rollout = buffer_rewards(make_env, model)
    assert given.std() > 0.05
    wrapped = wrapper_rewards([LearnedReward(make_env(), model) for _ in SEEDS], rollout.actions)
    np.testing.assert_allclose(wrapped, given, rtol=1e-4, atol=1e-4)
