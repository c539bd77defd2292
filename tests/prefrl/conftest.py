"""Settings and tiny helpers that several test files share."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from prefrl.gl import choose_gl
from prefrl.labelling.app import Sitting
from prefrl.labelling.clip_shelf import ClipShelf
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.labelling.questions import QuestionQueue
from prefrl.origins import Origin
from prefrl.queries import Query, QueryKey, Verdict
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.trees import Array, Tree

torch.set_num_threads(1)
choose_gl()  # before a test imports mujoco

settings.register_profile(
    "prefrl",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("prefrl")


def _make_segment(
    values: Sequence[float] = (0.0,),
    *,
    observations: Tree | None = None,
    mask: Sequence[bool] = (),
    group: str = "",
    snapshots: Array | None = None,
    origin: Origin | None = None,
    frames: tuple[bytes, ...] | None = None,
) -> Segment:
    actions = np.asarray(values, np.float32)[:, None]
    return Segment(
        observations=np.zeros((len(values), 1), np.float32)
        if observations is None
        else observations,
        actions=actions,
        true_rewards=actions[:, 0],
        mask=np.asarray(mask, bool),
        group=group,
        snapshots=snapshots,
        origin=origin,
        frames=frames,
    )


def _make_query(
    *segments: Segment, run: str = "run", round_index: int = 0, index: int = 0, repeat: int = 0
) -> Query:
    key = QueryKey(run, round_index, index, repeat)
    return Query(key, segments, "disagreement", agent_step=7, asked_at=1.5)


@pytest.fixture
def make_segment() -> Callable[..., Segment]:
    """Make a segment whose actions and true rewards are the given values."""
    return _make_segment


@pytest.fixture
def make_query() -> Callable[..., Query]:
    """Make a query of the given segments; its key is given by keywords."""
    return _make_query


@pytest.fixture
def pair() -> tuple[Segment, Segment]:
    """A segment of return 0 and one of return 3."""
    return _make_segment([0.0, 0.0]), _make_segment([1.0, 2.0])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    """An empty label store in a file."""
    store = LabelStore(tmp_path / "labels.sqlite")
    yield store
    store.close()


def _film_shades(path: Path) -> list[float]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)]
    command += ["-vf", "scale=2:2", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    pixels = subprocess.run(command, check=True, capture_output=True).stdout
    shades: list[float] = np.frombuffer(pixels, np.uint8).reshape(-1, 4).mean(1).tolist()
    return shades


@pytest.fixture
def film_shades() -> Callable[[Path], list[float]]:
    """Return the mean brightness of each frame of a grey film."""
    return _film_shades


@pytest.fixture
def ledger(store: LabelStore) -> Ledger:
    """Eight open questions, of indices 0 to 7, on pairs of returns (index, 100)."""
    pairs = [(_make_segment([float(index)]), _make_segment([100.0])) for index in range(8)]
    keys = [QueryKey("run", 0, index) for index in range(8)]
    store.ask([Query(key, pair) for key, pair in zip(keys, pairs, strict=True)])
    return Ledger(store, "run")


def _submission(
    index: int, verdict: Verdict = 0, *, token: str = "", labeller: str = "ann", repeat: int = 0
) -> Submission:
    key = QueryKey("run", 0, index, repeat)
    return Submission(token or f"{labeller}-{index}-{repeat}", key, verdict, labeller, 2.0, 0)


@pytest.fixture
def submission() -> Callable[..., Submission]:
    """Make a verdict on the question of an index."""
    return _submission


@pytest.fixture
def sitting(ledger: Ledger, tmp_path: Path) -> Iterator[Sitting]:
    """A sitting over the eight questions, whose clips are there already."""
    clips = ClipShelf(tmp_path / "clips", tmp_path / "labels.sqlite", "CartPole-v1")
    for question in ledger.questions():
        for identity in question.segment_ids:
            for form in ("mp4", "json"):
                (clips.folder / f"{identity}.{form}").write_bytes(b"a clip")
    queue = QuestionQueue(ledger, repeat_share=0)
    yield Sitting(tmp_path, "run", "Prefer <the> one", 8, queue, clips)
    clips.close()


CHROMIUM = shutil.which("chromium")


@pytest.fixture
def port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free: int = probe.getsockname()[1]
    return free


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the page's code."""
    return []


@pytest.fixture
def page(faults: list[str]) -> Iterator[Any]:
    """An empty page of a browser."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
        browser.close()
