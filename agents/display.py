"""The live table that shows how training goes."""

import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from .metrics import Metrics

COLUMNS = ("steps", "steps/s", "labels", "held-out accuracy", "true return", "predicted return")

TEXT_COLUMNS = (
    *("tokens", "tokens/s", "labels", "held-out accuracy", "gold score"),
    *("learned score", "KL", "win rate"),
)
"""Where the agent writes texts; the win rate is that over the reference model."""


class LiveTable:
    """A table with a row per round below a progress bar; plain lines where there is no terminal.

    Use it as a context manager.

    Args:
        console: Where to show it.
        label_budget: Labels of the whole run; 0 with the true reward.
        writes_texts: Whether the agent writes texts.
    """

    def __init__(self, console: Console, *, label_budget: int, writes_texts: bool = False) -> None:
        """Show nothing yet."""
        self._console = console
        self._budget = label_budget
        self._columns = TEXT_COLUMNS if writes_texts else COLUMNS
        self._table = Table(*self._columns, box=None, header_style="bold", padding=(0, 2, 0, 0))
        self._bar = Progress(
            TextColumn("{task.fields[activity]:>8}"),
            BarColumn(bar_width=40),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} steps"),
            TextColumn("{task.fields[rate]}"),
            console=console,
        )
        self._task = self._bar.add_task("", total=None, activity="", rate="")
        self.begin(total_steps=1, steps_done=0)
        self._live = Live(Group(self._table, self._bar), console=console, refresh_per_second=4)

    def begin(self, *, total_steps: int, steps_done: int) -> None:
        """Set the run's length, and the steps taken before by the part that is resumed."""
        self._total, self._first_steps = total_steps, steps_done
        self._started = time.monotonic()
        self._bar.update(self._task, total=total_steps, completed=steps_done)

    def __enter__(self) -> "LiveTable":
        """Start to show the table."""
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print("  ".join(self._columns))
        return self

    def __exit__(self, *_: Any) -> None:
        """Leave the table as it is."""
        if self._console.is_terminal:
            self._live.stop()

    def advance(self, steps: int, activity: str) -> None:
        """Note the steps taken so far and what is being done."""
        self._bar.update(
            self._task, completed=steps, activity=activity, rate=self._rate_and_eta(steps)
        )

    def finish_round(self, row: Metrics) -> None:
        """Add a row."""
        cells = self._cells(row)
        self._table.add_row(*cells)
        self.advance(int(row["steps"] or 0), "saved")
        if not self._console.is_terminal:
            titled = zip(self._columns, cells, strict=True)
            self._console.print("  ".join(cell.rjust(len(title)) for title, cell in titled))

    def tell(self, message: str) -> None:
        """Show a sentence above the table."""
        self._console.print(escape(message))

    def warn(self, message: str) -> None:
        """Show a warning above the table."""
        self._console.print(f"[yellow]warning:[/yellow] {escape(message)}")

    def _cells(self, row: Metrics) -> list[str]:
        steps = int(row["steps"] or 0)
        labels = f"{row['labels']:.0f} of {self._budget}" if self._budget else "-"
        first = [
            f"{steps:,}",
            f"{self._rate(steps):,.0f}",
            labels,
            _number(row.get("reward/heldout_accuracy"), ".2f"),
        ]
        if self._columns is COLUMNS:
            names, form = ["true_return", "predicted_return"], ",.1f"
        else:
            names = ["true_return", "predicted_return", "kl", "evaluation/win_rate"]
            form = ",.2f"
        return first + [_number(row.get(name), form) for name in names]

    def _rate(self, steps: int) -> float:
        return (steps - self._first_steps) / max(time.monotonic() - self._started, 1e-9)

    def _rate_and_eta(self, steps: int) -> str:
        rate = self._rate(steps)
        if rate <= 0:
            return ""
        minutes, seconds = divmod(round((self._total - steps) / rate), 60)
        return f"{rate:,.0f} steps/s, {minutes}:{seconds:02d} left"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or value != value else format(value, form)


def show_result(folder: Path, console: Console) -> None:
    """Show `result.json` as a table."""
    table = Table(box=None, show_header=False)
    for name, value in json.loads((folder / "result.json").read_text()).items():
        shown = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        table.add_row(name.replace("_", " "), shown)
    console.print(table)
