"""Closing the help that a labelling page shows at first."""

from typing import Any


def close_help(page: Any) -> None:
    """Start as somebody with a keyboard does; presses count only once the help is gone."""
    page.press("#begin", "Enter")
    page.wait_for_selector("#help", state="hidden")
