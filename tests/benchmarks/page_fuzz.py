"""Malformed requests to every address of both pages: none breaks the server, a label or a file.

    PYTHONPATH=tests/checks python tests/benchmarks/page_fuzz.py

Requests are drawn by Hypothesis: any path, query, header and body, near misses of right ones among
them, with and without the posting token. Ends with status 1 if an answer has a status of 500 or
above, if a label that was there is gone or changed, or if a file outside the run appeared.
"""

import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from fake_session import FakeSession
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from page_client import stored_verdicts
from page_runs import RUN, ask_pairs, random_segments, stand_in_clips
from starlette.testclient import TestClient

from prefrl.labelling.app import Sitting, create_app
from prefrl.labelling.clip_shelf import ClipShelf
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.live_app import create_live_app
from prefrl.labelling.questions import QuestionQueue
from prefrl.labelling.security import Secrets
from prefrl.labelling.server import logged
from prefrl.store import LabelStore

SECRETS = Secrets("access-secret", "posting-secret")
LABELLED = 10

PATHS = (
    *("/", "/pairs", "/status", "/verdict", "/undo", "/static/label.js", "/clips/x.mp4"),
    *("/state", "/frame", "/feedback", "/speed", "/pause", "/train"),
    *("/static/../app.py", "/static/%2e%2e/app.py", "/clips/../labels.sqlite", "//", "/clips/"),
    *("/clips/..%2f..%2flabels.sqlite", "/static/..%5c..%5capp.py", "/%00", "/labelling.secret"),
)

NAMES = (
    *("labeller", "tab", "token", "key", "verdict", "seconds", "format", "after", "value"),
    *("ago", "steps_per_second", "paused", "training"),
)

RIGHT: dict[str, Any] = {
    **{"labeller": "eve", "tab": "tab-of-eve", "token": "0123456789abcdef", "key": [0, 20, 0]},
    **{"verdict": "left", "seconds": 1.0, "value": 1, "ago": 0.0, "steps_per_second": 2.0},
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)

BODIES = st.one_of(
    st.binary(max_size=200),
    st.just(b"[" * 5000),
    st.just(b"x" * 20_000),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6).map(
        lambda wrong: json.dumps({**RIGHT, **wrong}).encode()
    ),
)

HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)

ANYTHING = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
        "path": st.sampled_from(PATHS)
        | st.text(max_size=40).map(lambda text: f"/{text}")
        | st.uuids().map(lambda identity: f"/clips/{identity.hex}.mp4"),
        "query": st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60), max_size=3),
        "content": BODIES,
        "headers": st.dictionaries(
            st.sampled_from(["range", "cookie", "content-type", "content-length", "origin"]),
            HEADER_VALUES,
            max_size=3,
        ),
        "posting": st.sampled_from(["posting-secret", "posting-secret", "wrong", "é"]),
        "host": st.sampled_from(["127.0.0.1:8765"] * 4 + ["elsewhere.example", "[", ""]),
    }
)

NEAR_MISSES = st.fixed_dictionaries(
    {
        "method": st.just("POST"),
        "path": st.sampled_from(["/verdict", "/undo", "/feedback", "/speed", "/pause", "/train"]),
        "query": st.just({}),
        "content": BODIES,
        "headers": st.just({}),
        "posting": st.just("posting-secret"),
        "host": st.just("127.0.0.1:8765"),
    }
) | st.fixed_dictionaries(
    {
        "method": st.just("GET"),
        "path": st.sampled_from(["/pairs", "/frame", "/state", "/status"]),
        "query": st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60), max_size=3).map(
            lambda wrong: {"labeller": "eve", "tab": "tab-of-eve", **wrong}
        ),
        "content": st.just(b""),
        "headers": st.just({}),
        "posting": st.just(""),
        "host": st.just("127.0.0.1:8765"),
    }
)
"""Requests that the server takes for a page's, and which are wrong in what they say."""

REQUESTS = ANYTHING | NEAR_MISSES


@dataclass(frozen=True)
class Options:
    """How much to send."""

    requests: int = 12_000
    """Requests, half to each page; the client sends most, but no address that is none."""
    seed: int = 0
    """Determines the requests."""
    folder: Path = Path(".benchmarks/page_fuzz")
    """Where the run is kept; what is there is removed first."""


def main() -> None:
    """Send the requests, and look at what they left."""
    options = tyro.cli(Options)
    shutil.rmtree(options.folder, ignore_errors=True)
    statuses, faults = fuzz(options.folder, options.requests, options.seed)
    refused = statuses.pop(0, 0)  # by the client, which sends no address that is none
    print(f"{statuses.total()} requests sent, statuses {dict(sorted(statuses.items()))}")
    print(f"not sent by the client: {refused}")
    print(f"faults: {faults or 'none'}")
    sys.exit(bool(faults))


def fuzz(folder: Path, requests: int, number: int) -> tuple[Counter[int], list[str]]:
    """Send requests to both pages; return how often each status came, and what went wrong."""
    sitting = prepare(folder / "run")
    before, files = stored_verdicts(sitting.folder, RUN), files_outside(folder)
    statuses: Counter[int] = Counter()
    live = create_live_app(FakeSession(), SECRETS, run=RUN)
    with logged(sitting.folder):
        for app in (create_app(sitting, SECRETS), live):
            with TestClient(app, "http://127.0.0.1:8765", raise_server_exceptions=False) as client:
                send_all(client, requests // 2, number, statuses)
    sitting.clips.close()
    after = stored_verdicts(sitting.folder, RUN)
    faults = [f"status {status}" for status in statuses if status >= 500]
    faults += [f"label {key}" for key, verdict in before.items() if after.get(key) != verdict]
    faults += [f"file {path}" for path in files_outside(folder) - files]
    return statuses, faults


def send_all(client: TestClient, requests: int, number: int, statuses: Counter[int]) -> None:
    """Send requests that Hypothesis draws, and count the statuses of their answers."""

    @seed(number)
    @settings(
        max_examples=requests,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(REQUESTS)
    def send(request: dict[str, Any]) -> None:
        headers = {**request["headers"], "x-csrf-token": request["posting"].encode()}
        statuses[answer(client, request, headers)] += 1

    send()


def answer(client: TestClient, request: dict[str, Any], headers: dict[str, Any]) -> int:
    """Send a request; return its answer's status, or 0 where the client itself refuses it."""
    try:
        return client.request(
            request["method"],
            request["path"],
            params=request["query"],
            content=request["content"],
            headers={**headers, "host": request["host"]},
        ).status_code
    except (ValueError, UnicodeError, client_error()):
        return 0


def client_error() -> type[Exception]:
    """Return what the client raises of addresses that are none."""
    import httpx2

    return httpx2.InvalidURL


def prepare(folder: Path) -> Sitting:
    """Return a sitting with some questions answered, all of whose clips are there."""
    folder.mkdir(parents=True)
    ask_pairs(folder, random_segments("CartPole-v1", 20, length=10), 40)
    store = LabelStore(folder / "labels.sqlite")
    clips = ClipShelf(folder / "clips", folder / "labels.sqlite", "CartPole-v1")
    queue = QuestionQueue(Ledger(store, RUN))
    sitting = Sitting(folder, RUN, "Prefer it.", 40, queue, clips)
    stand_in_clips(folder, "mp4", "json")
    client = TestClient(create_app(sitting, SECRETS), "http://127.0.0.1:8765")
    for index in range(LABELLED):
        said = {**RIGHT, "labeller": "ann", "key": [0, index, 0], "token": f"label-of-ann-{index}"}
        posted = client.post("/verdict", json=said, headers={"x-csrf-token": "posting-secret"})
        assert posted.status_code == 200
    return sitting


def files_outside(folder: Path) -> set[Path]:
    """Return the files beside a run's folder, in the page's, and in the one that we work in."""
    page = Path(sys.modules["prefrl.labelling"].__file__ or "").parent
    here = [path for path in Path.cwd().iterdir() if path.is_file()]
    beside = [path for path in folder.iterdir() if path.name != "run"]
    return {*here, *beside, *(path for path in page.rglob("*") if path.suffix != ".pyc")}


if __name__ == "__main__":
    main()
