"""The true return of a policy."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO

from prefrl.agents import evaluation, worlds
from prefrl.agents.ppo import make_ppo
from prefrl.agents.settings import PPOSettings
from prefrl.agents.single_envs import SingleEnvs
from prefrl.environments import make


class Endless(gymnasium.Env[Any, Any]):
    """Rewards each step with 1; ends after `end` steps, if ever."""

    observation_space = gymnasium.spaces.Box(0, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, end: int | None = None) -> None:
        self._end = end

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._count = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self._count += 1
        return np.zeros(1, np.float32), 1.0, self._count == self._end, False, {}


@pytest.mark.parametrize(("end", "expected"), [(7, 7.0), (None, 50.0)])
def test_returns_are_of_whole_episodes_or_cut_off(
    end: int | None, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "MOST_STEPS", 50)
    monkeypatch.setattr(evaluation, "make", lambda *_: Endless(end))
    monkeypatch.setattr(worlds, "make", lambda *_: Endless(end))
    monkeypatch.setattr(worlds, "make_vector", lambda *_: None)
    policy = PPO("MlpPolicy", Endless(end), n_steps=2, batch_size=2, device="cpu").policy
    np.testing.assert_array_equal(evaluation.evaluate(policy, "", episodes=3), [expected] * 3)


def test_a_batch_of_games_gives_the_returns_of_single_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env_id, kwargs = "prefrl.envs:prefrl/Tetris-v0", {"width": 5, "height": 8}
    policy = make_ppo(
        SingleEnvs([make(env_id, kwargs)]),
        PPOSettings(n_steps=2, batch_size=2),
        rewards=lambda: np.zeros(()),
    ).policy
    together = evaluation.evaluate(policy, env_id, 10, kwargs)
    monkeypatch.setattr(worlds, "make_vector", lambda *_: None)
    np.testing.assert_array_equal(together, evaluation.evaluate(policy, env_id, 10, kwargs))
    assert together.any()
