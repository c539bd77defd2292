"""The outcome of a run, finished or not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Facts:
    """The outcome of a run.

    Attributes:
        finished: Whether it came to its end.
        true_return: Of the final policy, or of the newest round's episodes; None where unknown.
        spread: Standard deviation of the final policy's returns over its episodes, or None.
        episodes: How many episodes that was, or None.
        accuracy: Held-out accuracy of the learned reward in [0, 1], or None.
        labels: Comparisons answered.
        steps: Environment steps taken.
        seconds: Wall-clock time in seconds, or None.
    """

    finished: bool
    true_return: float | None
    spread: float | None
    episodes: int | None
    accuracy: float | None
    labels: int
    steps: int
    seconds: float | None


def read_facts(folder: Path, rows: Sequence[dict[str, Any]]) -> Facts:
    """Return the outcome from `result.json`, or of an unfinished run from its metrics.

    Args:
        folder: The run's folder.
        rows: The run's metrics, one row per round.
    """
    path = folder / "result.json"
    if path.exists():
        result = json.loads(path.read_text())
        return Facts(
            finished=True,
            true_return=result["true_return_mean"],
            spread=result["true_return_std"],
            episodes=result["eval_episodes"],
            accuracy=result["reward_heldout_accuracy"],
            labels=result["labels"],
            steps=result["env_steps"],
            seconds=result["wall_seconds"],
        )
    last = rows[-1] if rows else {}
    return Facts(
        finished=False,
        true_return=last.get("true_return"),
        spread=None,
        episodes=None,
        accuracy=last.get("reward/heldout_accuracy"),
        labels=int(last.get("labels", 0)),
        steps=int(last.get("steps", 0)),
        seconds=last.get("seconds"),
    )
