"""The live table."""

import io

import pytest
from rich.console import Console

from prefrl.agents.display import LiveTable
from prefrl.agents.metrics import Metrics

ROW: Metrics = {
    "steps": 5000,
    "labels": 20,
    "true_return": 123.4,
    "predicted_return": None,
    "reward/heldout_accuracy": 0.875,
}


@pytest.mark.parametrize("terminal", [True, False])
def test_a_round_shows_its_numbers(terminal: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120)
    table = LiveTable(console, label_budget=100)
    table.begin(total_steps=10_000, steps_done=0)
    with table:
        table.advance(2500, "acting")
        table.warn("look out")
        table.finish_round(ROW)
    for shown in ("5,000", "20 of 100", "0.88", "123.4", "look out", "true return"):
        assert shown in text.getvalue()
