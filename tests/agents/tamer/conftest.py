"""What the tests of TAMER share: small boards, and a label store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.tamer.settings import TamerSettings
from prefrl.feedback import FeedbackLedger
from prefrl.store import LabelStore


@pytest.fixture
def settings() -> TamerSettings:
    """Three short games on a small board."""
    return TamerSettings(
        env="prefrl.envs:prefrl/Tetris-v0",
        run="tiny",
        most_pieces=150,
        eval_games=4,
        env_kwargs={"features": "knox", "width": 6, "height": 10},
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[FeedbackLedger]:
    """An empty part of a label store."""
    store = LabelStore(tmp_path / "labels.sqlite")
    yield FeedbackLedger(store, "tiny")
    store.close()
