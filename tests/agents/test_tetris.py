"""Preference PPO on Tetris, whose agent and reward see candidates."""

from pathlib import Path
from typing import Any

import pytest

from prefrl.agents.evaluation import evaluate
from prefrl.agents.options import TrainOptions
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.training import Training


@pytest.mark.parametrize(("seed", "judge"), [(0, "reward"), (1, "reward"), (0, "dellacherie")])
def test_a_few_comparisons_teach_it(seed: int, judge: str, tmp_path: Path, silent: Any) -> None:
    kwargs = ("height=10", f"judged_by={judge}")
    folder = tmp_path / "run"
    options = TrainOptions(
        "prefrl/Tetris-v0", labels=100, steps=10_000, seed=seed, env_kwargs=kwargs, out=folder
    )
    settings, _, _ = options.resolve()
    create_run_folder(folder, settings, [])
    training = Training(settings, folder, silent)
    training.run()
    assert training.store is not None
    assert training.store.labels_used(settings.run) == 100
    lines = evaluate(training.agent.policy, settings.env, 6, settings.env_kwargs)
    assert lines.mean() > 10, "a random player clears 0.1"
