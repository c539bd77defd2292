"""Tiny environments and runs that the tests of the training loop share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.preference_learner import PreferenceSettings

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands about large models use one thread too, as tests' models are small."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


class ActionIsReward(gymnasium.Env[np.ndarray, np.ndarray]):
    """One step's reward is its action; observations are noise."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), "actions must come clipped"
        return self._observe(), float(action[0]), False, False, {}

    def _observe(self) -> np.ndarray:
        return self.np_random.uniform(-1, 1, 2).astype(np.float32)


@pytest.fixture(autouse=True)
def action_is_reward() -> Iterator[str]:
    """Register the environment under an id for the time of a test."""
    env_id = "ActionIsReward-v0"
    gymnasium.register(env_id, lambda **_: ActionIsReward(), max_episode_steps=20)
    yield env_id
    del gymnasium.registry[env_id]


@pytest.fixture
def settings(action_is_reward: str) -> RunSettings:
    """A run of a second: 4 rounds on the learned reward."""
    return RunSettings(
        env=action_is_reward,
        run="tiny",
        steps=1280,
        labels=40,
        rounds=4,
        members=2,
        ppo=PPOSettings(num_envs=4, n_steps=32, batch_size=64, n_epochs=4, gamma=0.5, hidden=(16,)),
        preferences=PreferenceSettings(segment_length=5, first_epochs=5),
    )


class Silent:
    """Progress that nobody watches."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.told: list[str] = []

    def advance(self, steps: int, activity: str) -> None:
        pass

    def finish_round(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def tell(self, message: str) -> None:
        self.told.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def silent() -> Silent:
    return Silent()


@pytest.fixture
def folder(tmp_path: Path, settings: RunSettings) -> Path:
    """The folder of a run that has not begun."""
    from prefrl.agents.run_folder import create_run_folder

    create_run_folder(tmp_path / "run", settings)
    return tmp_path / "run"
