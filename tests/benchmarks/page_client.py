"""A labeller that is a program: talks to the page's server as the page's own script does."""

import contextlib
import http.client
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from prefrl.labelling.questions import shown_left
from prefrl.queries import QueryKey
from prefrl.store import LabelStore


class PageClient:
    """One page that is open, with a connection of its own.

    Args:
        link: The page's address.
        labeller: Who sits before it.
    """

    def __init__(self, link: str, labeller: str) -> None:
        address = urlsplit(link)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self._who = {"labeller": labeller, "tab": secrets.token_hex(16)}
        try:
            found = re.search(r'data-posting="(\w+)"', self._get("/").decode())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        assert found is not None
        self._posting = found[1]

    def pairs(self) -> dict[str, Any]:
        """Return the pairs that this page is to show, or why there are none."""
        answer: dict[str, Any] = json.loads(self._get(f"/pairs?{urlencode(self._who)}"))
        return answer

    def status(self) -> dict[str, Any]:
        """Return what the page's header shows."""
        answer: dict[str, Any] = json.loads(self._get("/status"))
        return answer

    def watch(self, pair: dict[str, Any]) -> None:
        """Load the clips of a pair."""
        for clip in pair["clips"]:
            self._get(f"/clips/{clip}")

    def answer(self, pair: dict[str, Any], verdict: str, seconds: float) -> tuple[int, float]:
        """Post a verdict.

        Returns:
            The answer's status, and how long it took, in seconds.
        """
        token = secrets.token_hex(16)
        body = {**self._who, "key": pair["key"], "verdict": verdict, "seconds": seconds}
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self._posting}
        began = time.perf_counter()
        self._connection.request("POST", "/verdict", json.dumps({**body, "token": token}), headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - began

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _get(self, path: str) -> bytes:
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
        return content


@dataclass
class OracleLabeller:
    """Answers through a page as the oracle would, at a steady pace, until it is stopped.

    Attributes:
        link: The page's address.
        folder: The run's folder, to look true returns up in.
        per_second: Verdicts a second, at most.
        labeller: Its name.
        confirmed: The keys of the pairs whose verdicts the page confirmed, with the verdict.
    """

    link: str
    folder: Path
    per_second: float = 4.0
    labeller: str = "oracle"
    confirmed: dict[tuple[int, ...], str] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, *, again: Callable[[Exception], bool] = lambda error: False) -> None:
        """Label until stopped.

        Args:
            again: Whether to go on after an error of the connection, with a new page.
        """
        while not self._stopped.is_set():
            try:
                with contextlib.closing(PageClient(self.link, self.labeller)) as page:
                    self._sit(page)
            except (OSError, http.client.HTTPException) as error:
                if not self._stopped.is_set() and not again(error):
                    raise
                self._stopped.wait(0.2)

    def stop(self) -> None:
        """Let `run` end."""
        self._stopped.set()

    def _sit(self, page: PageClient) -> None:
        store = LabelStore(self.folder / "labels.sqlite")
        due = time.monotonic()
        while not self._stopped.is_set():
            given = page.pairs()["pairs"]
            if not given:
                self._stopped.wait(0.5)
                continue
            due = max(due, time.monotonic() - 1 / self.per_second) + 1 / self.per_second
            page.watch(given[0])
            verdict = self._verdict(store, given[0])
            self._stopped.wait(due - time.monotonic())
            status, _ = page.answer(given[0], verdict, 1 / self.per_second)
            if status == 200:
                self.confirmed[tuple(given[0]["key"])] = verdict

    def _verdict(self, store: LabelStore, pair: dict[str, Any]) -> str:
        left, right = (store.segment(clip.partition(".")[0]) for clip in pair["clips"])
        if left.true_return == right.true_return:
            return "tie"
        return "left" if left.true_return > right.true_return else "right"


def stored_verdicts(folder: Path, run: str) -> dict[tuple[int, ...], str]:
    """Return the verdicts that stand in a store, as the page named them."""
    store = LabelStore(folder / "labels.sqlite")
    found: dict[tuple[int, ...], str] = {}
    for comparison in store.comparisons(run):
        key = comparison.query.key
        found[(key.round, key.index, key.repeat)] = _as_shown(key, comparison.verdict)
    store.close()
    return found


def _as_shown(key: QueryKey, verdict: int | str) -> str:
    if isinstance(verdict, str):
        return verdict
    return "left" if verdict == shown_left(key) else "right"
