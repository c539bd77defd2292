"""A sitting in a browser: what is pressed is what the store holds."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from first_time_help import close_help
from page_browser import KEYS, KeySitting, shown_pair, wait_until_saved
from page_client import stored_verdicts
from page_runs import RUN

from prefrl.labelling.clip_worker import jpeg
from prefrl.labelling.server import PageSettings, served_beside
from prefrl.queries import Query, QueryKey
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.video import write_video

PAIRS = 34


@pytest.fixture
def settings(tmp_path: Path, make_segment: Callable[..., Segment], port: int) -> PageSettings:
    """A page of 34 pairs whose clips are there already."""
    store = LabelStore(tmp_path / "labels.sqlite")
    segments = [make_segment([float(index)]) for index in range(PAIRS + 1)]
    store.ask(
        [
            Query(QueryKey(RUN, 0, index), (segments[index], segments[index + 1]))
            for index in range(PAIRS)
        ]
    )
    store.close()
    film = tmp_path / "film.mp4"
    write_video(film, [np.full((64, 64, 3), shade, np.uint8) for shade in range(0, 200, 10)], 20)
    (tmp_path / "clips").mkdir()
    for segment in segments:
        shutil.copy(film, tmp_path / "clips" / f"{segment.id}.mp4")
    place: dict[str, Any] = {
        "folder": str(tmp_path),
        "store": str(tmp_path / "labels.sqlite"),
        "run": RUN,
    }
    return PageSettings(**place, env="CartPole-v1", task="Prefer it.", budget=PAIRS, port=port)


@pytest.fixture
def page(page: Any, settings: PageSettings) -> Iterator[Any]:
    """The labelling page, without the first-time help."""
    with served_beside(settings):
        page.goto(settings.link)
        close_help(page)
        yield page


def paused(page: Any) -> list[bool]:
    shown = "[...document.querySelectorAll('video:not(.later)')].map(video => video.paused)"
    states: list[bool] = page.evaluate(shown)
    return states


def test_the_store_holds_exactly_what_was_pressed(
    page: Any, settings: PageSettings, faults: list[str]
) -> None:
    sitting = KeySitting(page)
    keys = list(KEYS)
    for number in range(8):
        sitting.press(keys[number % 4])
    sitting.undo("z")
    sitting.undo("Backspace")
    page.keyboard.press("Space")
    page.wait_for_function("() => [...document.querySelectorAll('video')].every(v => v.paused)")
    assert paused(page) == [True, True]
    for number in range(10):
        sitting.press(keys[number % 3])
    page.keyboard.press("Space")
    page.reload()
    page.wait_for_selector("video:not(.later)")
    for _ in range(11):
        sitting.undo("z")
    for number in range(25):  # 5 were kept
        sitting.press(keys[(number + 1) % 4])
    wait_until_saved(page)
    assert len(sitting.said) == 30
    assert stored_verdicts(Path(settings.folder), RUN) == sitting.said
    assert faults == []


def test_presses_without_a_pair_are_ignored_and_the_page_says_so(
    page: Any, settings: PageSettings
) -> None:
    sitting = KeySitting(page)
    for _ in range(PAIRS):
        sitting.press("ArrowDown")  # what nobody can tell is not asked again
    page.wait_for_function("() => !document.querySelector('#clips').dataset.pair")
    page.keyboard.press("ArrowRight")
    assert "that press was ignored" in page.inner_text("#note")
    page.wait_for_function(
        "() => document.querySelector('#why').textContent.includes('All questions are answered')"
    )
    assert stored_verdicts(Path(settings.folder), RUN) == sitting.said


def test_unconfirmed_verdicts_are_sent_after_a_reload(page: Any, settings: PageSettings) -> None:
    pair = shown_pair(page)
    page.route("**/verdict", lambda route: route.abort())
    page.keyboard.press("ArrowUp")
    page.wait_for_function(
        "() => document.querySelector('#note').textContent.includes('not saved')"
    )
    assert stored_verdicts(Path(settings.folder), RUN) == {}
    page.reload()  # first, or the page before would send it
    page.unroute("**/verdict")
    page.wait_for_function("() => document.querySelector('#note').classList.contains('saved')")
    assert stored_verdicts(Path(settings.folder), RUN) == {pair: "tie"}
    assert shown_pair(page) != pair


def test_a_browser_that_plays_no_film_shows_pictures(page: Any, settings: PageSettings) -> None:
    browser = page.context.browser
    page.close()
    picture = jpeg(np.full((64, 64, 3), 200, np.uint8))
    clip = json.dumps({"frames_per_second": 20, "frames": [picture] * 5})
    for film in Path(settings.folder, "clips").glob("*.mp4"):
        film.with_suffix(".json").write_text(clip)
        film.write_bytes(b"no film")
    page = browser.new_page()  # which has kept no films
    page.set_default_timeout(60_000)
    page.goto(settings.link)
    close_help(page)
    page.wait_for_selector("canvas:not(.later)")
    brightness = """() => {
        const canvas = document.querySelector('canvas:not(.later)');
        return canvas.getContext('2d').getImageData(5, 5, 1, 1).data[0];
    }"""
    page.wait_for_function(f"() => ({brightness})() > 150")
    pair = shown_pair(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('#note').classList.contains('saved')")
    assert stored_verdicts(Path(settings.folder), RUN) == {pair: "left"}
