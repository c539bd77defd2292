"""Who is told how training goes."""

from typing import Protocol

from .metrics import Metrics


class Progress(Protocol):
    """Shows what is being done, and what came of it."""

    def advance(self, steps: int, activity: str) -> None:
        """Note the steps taken so far and what is being done."""

    def finish_round(self, row: Metrics) -> None:
        """Note a round's metrics."""

    def tell(self, message: str) -> None:
        """Show a sentence."""

    def warn(self, message: str) -> None:
        """Show a warning."""
