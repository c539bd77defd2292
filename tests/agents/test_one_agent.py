"""Robots, Tetris and texts are learned by one agent: Stable-Baselines3's PPO itself."""

from pathlib import Path
from typing import Any

import pytest
import stable_baselines3
from tiny_llama import make_tiny_llama

from prefrl.agents.options import TrainOptions
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.training import Training


@pytest.mark.parametrize(
    "env_id", ["prefrl/HalfCheetah-v0", "prefrl/Tetris-v0", "prefrl/Sentiment-v0"]
)
def test_the_agent_is_stock_ppo(
    env_id: str, tmp_path: Path, silent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny_llama(tmp_path / "model", vocabulary_size=912)
    monkeypatch.setattr("prefrl.agents.starting_model.TINY", tmp_path / "model")
    settings, folder, _ = TrainOptions(env_id, out=tmp_path / "run").resolve()
    create_run_folder(folder, settings)
    assert type(Training(settings, folder, silent).agent) is stable_baselines3.PPO
