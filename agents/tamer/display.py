"""The live table of games."""

from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

COLUMNS = ("game", "lines", "placements", "good", "bad", "placements/s")


class GamesTable:
    """A table with a row per game, the last being of the game that is played.

    Where there is no terminal, plain lines for games that are over. Use it as a context manager.

    Args:
        console: Where to show it.
    """

    def __init__(self, console: Console) -> None:
        """Show nothing yet."""
        self._console = console
        self._rows: list[tuple[str, ...]] = []
        self._live = Live(console=console, refresh_per_second=4)

    def __enter__(self) -> "GamesTable":
        """Start to show the table."""
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print("  ".join(COLUMNS))
        return self

    def __exit__(self, *_: Any) -> None:
        """Leave the table as it is."""
        if self._console.is_terminal:
            self._live.stop()

    def show(self, row: tuple[float, ...]) -> None:
        """Show how the game that is played stands, in the order of the columns."""
        if self._console.is_terminal:
            self._live.update(self._table([*self._rows, _written(row)]))

    def finish_game(self, row: tuple[float, ...]) -> None:
        """Add a game that is over."""
        self._rows.append(_written(row))
        if self._console.is_terminal:
            self._live.update(self._table(self._rows))
        else:
            titled = zip(COLUMNS, self._rows[-1], strict=True)
            self._console.print("  ".join(cell.rjust(len(title)) for title, cell in titled))

    def _table(self, rows: list[tuple[str, ...]]) -> Table:
        table = Table(*COLUMNS, box=None, header_style="bold", padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*row)
        return table


def _written(row: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{value:,.0f}" for value in row)
