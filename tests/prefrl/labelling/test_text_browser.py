"""Texts in a browser: two go on from one prompt, and what is pressed is what the store holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from first_time_help import close_help
from page_browser import KeySitting, shown_pair, wait_until_saved
from page_client import stored_verdicts
from page_runs import RUN, ask_pairs, page_settings, written_segments

from prefrl.labelling.questions import shown_left
from prefrl.labelling.server import served_beside
from prefrl.queries import QueryKey
from prefrl.segment_texts import SegmentReader
from prefrl.store import LabelStore

ENV = "prefrl.envs:prefrl/SummariseFacts-v0"


@pytest.fixture
def page(page: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of six pairs of texts, without the first-time help."""
    ask_pairs(tmp_path, written_segments(ENV, 8), 6)
    settings = page_settings(tmp_path, ENV, 6)
    with served_beside(settings):
        page.goto(settings.link)
        close_help(page)
        yield page


def test_two_texts_go_on_from_their_prompt(page: Any, tmp_path: Path) -> None:
    key = QueryKey(RUN, *shown_pair(page))
    labels = LabelStore(tmp_path / "labels.sqlite").labels()
    [asked] = [label.query for label in labels if label.query.key == key]
    options = [SegmentReader(ENV).read(segment) for segment in asked.segments]
    left = options[shown_left(key)], options[1 - shown_left(key)]
    shown = page.locator(".stage > p:not(.later)").all_text_contents()
    assert shown == [option.written.strip() for option in left]
    assert page.locator("#prompt p").text_content() == options[0].prompt.strip()


def test_the_store_holds_what_was_pressed(page: Any, faults: list[str], tmp_path: Path) -> None:
    sitting = KeySitting(page)
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowLeft"):
        sitting.press(key)
    sitting.undo()
    sitting.press("ArrowDown")
    page.reload()
    sitting.press("ArrowRight")
    wait_until_saved(page)
    assert stored_verdicts(tmp_path, RUN) == sitting.said
    assert faults == []
