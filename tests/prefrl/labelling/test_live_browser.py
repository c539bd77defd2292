"""Judging a live session in a browser: what is pressed is what the session was told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_session import FakeSession
from first_time_help import close_help

from prefrl.labelling.live_server import served_live
from prefrl.labelling.server import page_link


@pytest.fixture
def session(page: Any, tmp_path: Path, port: int) -> Iterator[FakeSession]:
    """A session that the page shows."""
    session = FakeSession()
    with served_live(session, tmp_path, "run", port=port):
        page.goto(page_link(tmp_path, "127.0.0.1", port))
        close_help(page)
        page.wait_for_selector("#picture[data-step='0']")
        page.wait_for_function("() => document.querySelector('#episode').textContent === '1 of 3'")
        yield session


def wait_until_sent(page: Any) -> None:
    page.wait_for_function("() => localStorage.getItem('prefrl-outbox-run') === '[]'")


def test_the_session_hears_exactly_what_was_pressed(
    page: Any, session: FakeSession, faults: list[str]
) -> None:
    for key in ("+", "-", "ArrowUp", "z", "ArrowDown"):
        page.keyboard.press(key)
    page.click('[data-do="good"]')
    wait_until_sent(page)
    assert [value for value, _, _ in session.said.values()] == [1, -1, -1, 1]
    page.keyboard.press("Space")
    page.keyboard.press(".")
    page.keyboard.press(".")
    page.keyboard.press("t")
    page.wait_for_function(
        "() => document.querySelector('[data-do=train]').getAttribute('aria-pressed') === 'false'"
    )
    assert (session.paused, session.training, session.speed) == (True, False, 9)
    session.run()
    page.wait_for_selector("#picture[data-step='1']")
    assert faults == []


def test_unconfirmed_presses_are_sent_after_a_reload(page: Any, session: FakeSession) -> None:
    page.route("**/feedback", lambda route: route.abort())
    page.keyboard.press("+")
    page.wait_for_function(
        "() => document.querySelector('#note').textContent.includes('not saved')"
    )
    page.reload()  # first, or the page before would send it
    page.unroute("**/feedback")
    wait_until_sent(page)
    assert [value for value, _, _ in session.said.values()] == [1]


def test_a_press_whose_answer_was_lost_is_saved_once(page: Any, session: FakeSession) -> None:
    def lose_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/feedback", lose_answer, times=1)
    page.keyboard.press("-")
    page.wait_for_function("() => document.querySelector('#note').textContent.includes('✓ Saved')")
    assert [value for value, _, _ in session.said.values()] == [-1]


def test_nothing_is_said_of_a_session_that_is_over(page: Any, session: FakeSession) -> None:
    session.stop()
    page.wait_for_selector("#over:visible")
    page.keyboard.press("+")
    assert "ignored" in page.inner_text("#note")
    assert session.said == {}
