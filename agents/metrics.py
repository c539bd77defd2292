"""Metrics of a run, as JSON lines and TensorBoard events."""

import json
import math
from pathlib import Path
from typing import Any, TypeAlias

from torch.utils.tensorboard import SummaryWriter

Metrics: TypeAlias = dict[str, float | None]


class MetricsLog:
    """Appends one row per round to `metrics.jsonl`, and the same to TensorBoard.

    Args:
        folder: The run's folder.
        rounds: Rounds that a resumed run keeps; rows of later ones, which will be run again, are
            dropped.
    """

    def __init__(self, folder: Path, rounds: int = 0) -> None:
        """Open the files."""
        self._path = folder / "metrics.jsonl"
        kept = [row for row in read_metrics(folder) if row["round"] < rounds]
        partial = self._path.with_suffix(".partial")
        partial.write_text("".join(json.dumps(row) + "\n" for row in kept))
        partial.replace(self._path)
        purge_step = int(kept[-1]["steps"] or 0) + 1 if kept else 0
        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=purge_step)

    def write(self, row: Metrics) -> None:
        """Write a row; values that are not finite become null."""
        finite = {name: finite_or_none(value) for name, value in row.items()}
        with self._path.open("a") as file:
            file.write(json.dumps(finite) + "\n")
        for name, value in finite.items():
            if value is not None:
                self._writer.add_scalar(name, value, int(finite["steps"] or 0))
        self._writer.flush()

    def close(self) -> None:
        """Close the TensorBoard events."""
        self._writer.close()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the rows written so far; a row cut off by a crash is left out."""
    rows = []
    path = folder / "metrics.jsonl"
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def finite_or_none(value: float | None) -> float | None:
    """Return a number as JSON can hold it: None where it is not finite."""
    return value if value is not None and math.isfinite(value) else None
