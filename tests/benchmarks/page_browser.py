"""A labeller in a browser: presses keys, and keeps account of what they must have done."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEYS = {"ArrowLeft": "left", "ArrowRight": "right", "ArrowUp": "tie", "ArrowDown": "skip"}

PLAYING = """() => {
    const { pair, playing } = document.querySelector("#clips").dataset;
    return pair && pair === playing && pair;
}"""


@contextlib.contextmanager
def browser_page(
    *, width: int = 1280, height: int = 800, profile: Path | None = None, **context: Any
) -> Iterator[Any]:
    """Open an empty page of headless Chromium.

    Args:
        width: Of the window, in pixels.
        height: Of the window, in pixels.
        profile: A folder that outlives the browser, by default none.
        **context: As Playwright takes it.
    """
    from playwright.sync_api import sync_playwright

    settings: dict[str, Any] = {"viewport": {"width": width, "height": height}, **context}
    chromium: dict[str, Any] = {
        "executable_path": shutil.which("chromium"),
        "args": ["--no-sandbox"],
    }
    with sync_playwright() as playwright:
        if profile is not None:
            opened = playwright.chromium.launch_persistent_context(profile, **chromium, **settings)
            page = opened.pages[0]
        else:
            browser = playwright.chromium.launch(**chromium)
            page = browser.new_context(**settings).new_page()
        page.set_default_timeout(60_000)
        yield page


def begin(page: Any, link: str) -> None:
    """Open the labelling page and close its first-time help."""
    page.goto(link)
    if page.evaluate("() => document.querySelector('#help').open"):
        page.keyboard.press("Enter")


def shown_pair(page: Any) -> tuple[int, ...]:
    """Return the round, index and repeat of the pair that plays, once one does."""
    return _key(page.wait_for_function(PLAYING).json_value())


def wait_until_saved(page: Any) -> None:
    """Wait until the server has confirmed everything."""
    page.wait_for_function("() => localStorage.getItem('prefrl-outbox-run') === '[]'")


class KeySitting:
    """Someone who labels by keys.

    Attributes:
        said: What was said last of each pair, by round, index and repeat.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: dict[tuple[int, ...], str] = {}
        self._order: list[tuple[int, ...]] = []

    def press(self, key: str) -> None:
        """Judge the pair that plays."""
        pair = shown_pair(self.page)
        assert pair not in self.said, "a pair that has a verdict is shown"
        self.page.keyboard.press(key)
        self.said[pair] = KEYS[key]
        self._order.append(pair)

    def undo(self, key: str = "z") -> None:
        """Take back the last verdict, and see that its pair is shown again."""
        pair = self._order.pop()
        del self.said[pair]
        self.page.keyboard.press(key)
        self.page.wait_for_function(
            "pair => document.querySelector('#clips').dataset.pair === pair",
            arg="/".join(map(str, pair)),
        )


def _key(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split("/")))
