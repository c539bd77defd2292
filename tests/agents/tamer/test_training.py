"""Tests of runs of TAMER: agents/tamer/training.py and player.py."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from prefrl.agents.metrics import read_metrics
from prefrl.agents.run_folder import LABELS, agent_of, read_settings
from prefrl.agents.tamer import training
from prefrl.agents.tamer.learner import refit
from prefrl.agents.tamer.model import ReinforcementModel, load_model
from prefrl.agents.tamer.settings import TamerSettings
from prefrl.agents.tamer.training import read_tamer_settings, resume, train
from prefrl.errors import UserError
from prefrl.feedback import FeedbackLedger
from prefrl.store import LabelStore

TIMES = ("wall_seconds", "env_steps_per_second")


def silent() -> Console:
    return Console(file=io.StringIO())


def result(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "result.json").read_text())
    return {name: value for name, value in found.items() if name not in TIMES}


@pytest.fixture
def run(settings: TamerSettings, tmp_path: Path) -> Path:
    """A finished run."""
    train(settings, tmp_path / "run", silent(), [])
    return tmp_path / "run"


def test_a_run_writes_what_it_did(run: Path, settings: TamerSettings) -> None:
    found = result(run)
    assert found["lines_of_games"] == [row["true_return"] for row in read_metrics(run)]
    assert found["labels"] == found["good"] + found["bad"]
    assert found["eval_episodes"] == settings.eval_games
    assert agent_of(run) == "tamer"
    assert read_tamer_settings(run) == settings
    with pytest.raises(UserError, match="is a run of TAMER"):
        read_settings(run)


def test_the_model_can_be_refitted_from_the_store_alone(run: Path, settings: TamerSettings) -> None:
    store = LabelStore(run / LABELS)
    ledger = FeedbackLedger(store, settings.run)
    steps, feedback = ledger.shown(), ledger.standing()
    store.close()
    model, learned = ReinforcementModel(6), load_model(run)
    refit(model, steps, feedback, credit="previous", step_size=settings.step_size)
    np.testing.assert_array_equal(model.weights, learned.weights)
    assert model.bias == learned.bias
    assert len(steps) == result(run)["env_steps"]
    assert len(feedback) == result(run)["labels"] > 0


def test_the_seed_determines_everything(run: Path, settings: TamerSettings, tmp_path: Path) -> None:
    train(settings, tmp_path / "again", silent(), [])
    assert result(tmp_path / "again") == result(run)
    train(dataclasses.replace(settings, seed=1), tmp_path / "other", silent(), [])
    assert result(tmp_path / "other") != result(run)


class KilledError(Exception):
    """Stands for the death of the process."""


@pytest.mark.parametrize("writes", [0, 1, 3])
def test_a_resumed_run_is_one_that_was_never_interrupted(
    run: Path,
    settings: TamerSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
) -> None:
    write, count = FeedbackLedger.write, 0

    def die(ledger: FeedbackLedger, *rows: Any) -> int:
        nonlocal count
        count += 1
        if count > writes:
            raise KilledError
        return write(ledger, *rows)

    monkeypatch.setattr(training, "WRITTEN_TOGETHER", 20)
    monkeypatch.setattr(FeedbackLedger, "write", die)
    killed = tmp_path / "killed"
    with pytest.raises(KilledError):
        train(settings, killed, silent(), [])
    monkeypatch.setattr(FeedbackLedger, "write", write)
    resume(killed, silent())
    assert result(killed) == result(run)
    assert (killed / "reinforcement.json").read_text() == (run / "reinforcement.json").read_text()
    rows, others = read_metrics(killed), read_metrics(run)
    assert [{**row, "seconds": 0} for row in rows] == [{**row, "seconds": 0} for row in others]


def test_a_run_that_died_while_it_was_evaluated_is_evaluated_again(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = result(run)
    (run / "result.json").unlink()
    resume(run, silent())
    assert result(run) == before
    assert len(read_metrics(run)) == 3


def test_a_store_with_a_gap_is_refused(run: Path, settings: TamerSettings) -> None:
    import sqlite3

    (run / "result.json").unlink()
    with sqlite3.connect(run / LABELS) as database:
        database.execute("DELETE FROM shown_steps WHERE step = 3")
    with pytest.raises(UserError, match="lacks placement 3"):
        resume(run, silent())


def test_games_are_broken_off_at_the_most_pieces(settings: TamerSettings, tmp_path: Path) -> None:
    train(dataclasses.replace(settings, most_pieces=9), tmp_path / "run", silent(), [])
    assert [row["pieces"] for row in read_metrics(tmp_path / "run")] == [9, 9, 9]


def test_three_games_teach_tetris_to_most_seeds(settings: TamerSettings, tmp_path: Path) -> None:
    standard = {"features": "knox"}
    before, after = [], []
    for seed in range(5):
        taught = dataclasses.replace(
            settings, seed=seed, env_kwargs=standard, most_pieces=250, eval_games=3
        )
        folder = tmp_path / f"{seed}"
        train(taught, folder, silent(), [])
        before.append(result(folder)["lines_of_games"][0])
        after.append(result(folder)["true_return_mean"])
    # 250 pieces are at most 100 lines.
    assert np.mean(after) > 50
    assert np.mean(after) > 5 * np.mean(before)
