"""What the page of a live session answers."""

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
from fake_session import FakeSession
from PIL import Image
from starlette.testclient import TestClient

from prefrl.errors import UserError
from prefrl.labelling.live_app import create_live_app
from prefrl.labelling.live_server import served_live
from prefrl.labelling.security import Secrets
from prefrl.labelling.server import page_link

SECRETS = Secrets("access-secret", "posting-secret")
WHO = {"labeller": "ann", "tab": "tab-of-ann"}
TOKEN = "0123456789abcdef"


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def client(session: FakeSession) -> Iterator[TestClient]:
    app = create_live_app(session, SECRETS, run="run")
    with TestClient(app, "http://127.0.0.1:8765") as client:
        yield client


def post(client: TestClient, path: str, **body: Any) -> Any:
    headers = {"X-CSRF-Token": "posting-secret"}
    return client.post(path, json={**WHO, "token": TOKEN, "ago": 0.5, **body}, headers=headers)


def test_the_page_shows_the_task_and_the_newest_picture(
    client: TestClient, session: FakeSession
) -> None:
    page = client.get("/")
    assert "Praise &lt;the&gt; bright" in page.text
    assert "style=" not in page.text
    session.run()
    answer = client.get("/frame")
    assert answer.headers["x-step"] == "1"
    picture = np.asarray(Image.open(BytesIO(answer.content)))
    assert picture.shape == (40, 20, 3)
    assert (picture == 10).all()
    assert client.get("/frame", params={"after": "0"}).status_code == 200


def test_a_picture_that_was_seen_is_waited_for(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefrl.labelling.live_app.WAIT_SECONDS", 0.05)
    assert client.get("/frame", params={"after": "0"}).status_code == 204


def test_feedback_is_dated_to_its_press_and_counted_once(
    client: TestClient, session: FakeSession
) -> None:
    said = {"confirmed": TOKEN, "finished": False}
    assert post(client, "/feedback", value=-1).json() == {**said, "fresh": True}
    assert post(client, "/feedback", value=-1).json() == {**said, "fresh": False}
    value, labeller, given_at = session.said[TOKEN]
    assert (value, labeller) == (-1, "ann")
    assert 0.5 <= time.time() - given_at < 60
    assert client.get("/state").json()["bad"] == 1
    assert post(client, "/undo", token="another-token").json()["fresh"]
    assert session.said == {}
    assert not post(client, "/undo", token="a-third-token").json()["fresh"]


def test_the_session_is_steered(client: TestClient, session: FakeSession) -> None:
    assert post(client, "/speed", steps_per_second=1000).json()["steps_per_second"] == 30
    assert post(client, "/pause", paused=True).json()["paused"]
    assert not post(client, "/train", training=False).json()["training"]
    assert (session.speed, session.paused, session.training) == (30.0, True, False)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/feedback", {"value": 0}),
        ("/feedback", {"value": 2}),
        ("/feedback", {"value": "1"}),
        ("/feedback", {"value": True}),
        ("/feedback", {"value": 1, "ago": -1}),
        ("/feedback", {"value": 1, "token": "short"}),
        ("/feedback", {"value": 1, "labeller": ""}),
        ("/speed", {"steps_per_second": 0}),
        ("/speed", {"steps_per_second": None}),
        ("/pause", {"paused": 1}),
        ("/train", {}),
    ],
)
def test_malformed_posts_are_refused(
    client: TestClient, session: FakeSession, path: str, body: dict[str, Any]
) -> None:
    before = session.state()
    assert post(client, path, **body).status_code == 400
    assert session.state() == before


def test_posts_need_the_token(client: TestClient, session: FakeSession) -> None:
    assert client.post("/feedback", json={**WHO, "value": 1}).status_code == 403
    assert session.said == {}


def test_a_session_is_served_meanwhile(session: FakeSession, tmp_path: Path, port: int) -> None:
    link = page_link(tmp_path, "127.0.0.1", port)
    with served_live(session, tmp_path, "run", port=port):
        assert b"Praise" in urlopen(link).read()
        with (
            pytest.raises(UserError, match=f"port {port} .* use --port"),
            served_live(session, tmp_path, "run", port=port),
        ):
            pass
    with served_live(session, tmp_path, "run", port=port):
        pass
