"""What training is doing, written down for the page."""

import dataclasses
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

FILE = "activity.json"

SILENT_SECONDS = 60.0
"""Training that has written nothing for this long is taken to have stopped."""


@dataclass(frozen=True)
class Activity:
    """What training is doing.

    Attributes:
        doing: In one word: acting, training, fitting, waiting, finished.
        round: The round, from 1.
        rounds: Rounds of the whole run.
        missing: Labels that training waits for; 0 while it does not wait.
        at: When this was so, in seconds since 1970.
    """

    doing: str
    round: int = 0
    rounds: int = 0
    missing: int = 0
    at: float = field(default_factory=time.time)

    def in_words(self) -> str:
        """Return a sentence for people who look at a page without clips."""
        if self.doing == "finished":
            return "The run is finished. Thank you!"
        if time.time() - self.at > SILENT_SECONDS:
            return "No training is running that could ask more."
        where = f"round {self.round} of {self.rounds}"
        if self.missing:
            return f"Training waits for {in_words(self.missing)} ({where})."
        return f"The agent is {self.doing} ({where}); it asks again when a round is over."


def in_words(missing: int) -> str:
    """Return how many labels are missing, in words."""
    return "1 more label" if missing == 1 else f"{missing} more labels"


def write_activity(folder: Path, activity: Activity) -> None:
    """Write down what training is doing, in the run's folder."""
    partial = folder / f"{FILE}.partial"
    partial.write_text(json.dumps(dataclasses.asdict(activity)))
    partial.replace(folder / FILE)


def read_activity(folder: Path) -> Activity | None:
    """Return what training wrote last, or None where there is nothing to be read."""
    try:
        return Activity(**json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
