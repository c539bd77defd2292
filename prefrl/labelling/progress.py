"""How labelling goes, in numbers."""

import json
import math
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prefrl.labelling.asked_questions import AskedQuestion, Standing

RECENT_SECONDS = 300.0
"""Over which labels per minute are counted, in seconds."""


SHARED_SECONDS = 1.0
"""How long what the header shows is given to all who ask, in seconds."""


def labels_used(questions: Sequence[AskedQuestion]) -> int:
    """Return how much of the budget is spent: ties count; skips and re-asks do not."""
    return sum(_counts(question) for question in questions)


def progress(questions: Sequence[AskedQuestion], budget: int, now: float) -> dict[str, Any]:
    """Return how labelling goes.

    Args:
        questions: All questions of the run.
        budget: Labels that the run is to have.
        now: In seconds since 1970.

    Returns:
        `labels`, `budget`, `labels_per_minute`, `median_seconds` and `seconds_left`; None where
        nothing can be said yet.
    """
    standing = [q.standing for q in questions if q.standing is not None]
    people = [verdict for verdict in standing if verdict.seconds > 0]
    used = labels_used(questions)
    rate = labels_per_minute(people, now)
    left = max(0, budget - used)
    return {
        "labels": used,
        "budget": budget,
        "labels_per_minute": rate,
        "median_seconds": statistics.median(v.seconds for v in people) if people else None,
        "seconds_left": 60 * left / rate if rate else None,
    }


def labels_per_minute(verdicts: Sequence[Standing], now: float) -> float | None:
    """Return how many verdicts a minute came in lately, or None where there were fewer than two."""
    recent = [v.answered_at for v in verdicts if now - v.answered_at < RECENT_SECONDS]
    if len(recent) < 2:
        return None
    return 60 * (len(recent) - 1) / max(max(recent) - min(recent), 1e-3)


def learning(folder: Path) -> dict[str, Any]:
    """Return the reward model's held-out accuracy and the agent's curve, from `metrics.jsonl`.

    Returns:
        `heldout_accuracy`, or None, and `curve`, pairs of steps and mean return: the true one, or
        the predicted one where the environment has none.
    """
    rows = _rows(folder / "metrics.jsonl")
    accuracies = [row.get("reward/heldout_accuracy") for row in rows]
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    returns = "true_return" if any(row.get("true_return") for row in rows) else "predicted_return"
    points = [[row["steps"], row[returns]] for row in rows if row.get(returns) is not None]
    return {"heldout_accuracy": known[-1] if known else None, "curve": points}


def status(folder: Path, questions: Sequence[AskedQuestion], budget: int) -> dict[str, Any]:
    """Return everything that the page's header shows."""
    return {**progress(questions, budget, time.time()), **learning(folder)}


class SharedStatus:
    """What the header shows, read once for all pages that ask within a second.

    Args:
        read: Reads it; the time that this takes grows with the questions of the run.
        clock: Gives the time in seconds.
    """

    def __init__(
        self, read: Callable[[], dict[str, Any]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read nothing yet."""
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._known: dict[str, Any] = {}
        self._read_at = -math.inf

    def read(self) -> dict[str, Any]:
        """Return it, as it was at most a second ago."""
        with self._lock:
            if self._clock() - self._read_at >= SHARED_SECONDS:
                self._known = self._read()
                self._read_at = self._clock()
            return self._known


def _counts(question: AskedQuestion) -> bool:
    verdict = question.standing
    return verdict is not None and verdict.verdict != "skip" and question.key.repeat == 0


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return []
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:
            break  # a line that is being written
    return rows
