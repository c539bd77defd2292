"""A labeller in a browser: presses keys, and keeps account of what they must have done."""

import contextlib
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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


@dataclass
class BrowserLabeller:
    """Presses keys at a steady pace, in one browser after another, until it is stopped.

    Attributes:
        link: The page's address.
        profile: The browser's folder, which outlives it.
        per_second: Presses a second, at most.
        confirmed: The keys of the pairs whose verdicts the server confirmed, with the verdict.
    """

    link: str
    profile: Path
    per_second: float = 4.0
    confirmed: dict[tuple[int, ...], str] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, *, again: Callable[[Exception], bool] = lambda error: False) -> None:
        """Label until stopped.

        Args:
            again: Whether to go on after an error, with a new browser.
        """
        from playwright.sync_api import Error

        while not self._stopped.is_set():
            try:
                with browser_page(profile=self.profile) as page:
                    page.on("response", self._note)
                    begin(page, self.link)
                    self._sit(page)
            except Error as error:
                if not self._stopped.is_set() and not again(error):
                    raise
                self._stopped.wait(0.2)

    def stop(self) -> None:
        """Let `run` end."""
        self._stopped.set()

    def _sit(self, page: Any) -> None:
        keys = random.Random(0)
        while not self._stopped.is_set():
            page.wait_for_timeout(1000 / self.per_second)
            if page.evaluate(PLAYING):
                page.keyboard.press(keys.choice(["ArrowLeft", "ArrowRight", "ArrowUp"]))

    def _note(self, response: Any) -> None:
        if response.ok and response.url.endswith("/verdict"):
            said = response.request.post_data_json
            self.confirmed[tuple(said["key"])] = said["verdict"]


def _key(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split("/")))
