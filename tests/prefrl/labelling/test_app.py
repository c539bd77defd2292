"""What the labelling page's server answers."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from prefrl.labelling.app import Sitting, create_app
from prefrl.labelling.questions import shown_left
from prefrl.labelling.security import Secrets
from prefrl.queries import QueryKey

SECRETS = Secrets("access-secret", "posting-secret")
WHO = {"labeller": "ann", "tab": "tab-of-ann"}
CSRF = {"X-CSRF-Token": "posting-secret"}
TOKEN = "0123456789abcdef"


@pytest.fixture
def client(sitting: Sitting) -> TestClient:
    return TestClient(create_app(sitting, SECRETS), "http://127.0.0.1:8765")


def pairs(client: TestClient, **who: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/pairs", params={**WHO, **who}).json()
    return answer


def post(client: TestClient, path: str = "/verdict", **body: Any) -> Any:
    base = {**WHO, "key": [0, 0, 0], "verdict": "left", "seconds": 1.5, "token": TOKEN}
    return client.post(path, json={**base, **body}, headers=CSRF)


def test_the_page_shows_the_task_and_forbids_what_it_does_not_need(client: TestClient) -> None:
    answer = client.get("/")
    assert "Prefer &lt;the&gt; one" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
    assert client.get("/static/label.js").status_code == 200


def test_four_pairs_are_given_and_their_clips_can_be_fetched(client: TestClient) -> None:
    given_pairs = pairs(client)["pairs"]
    assert [pair["key"] for pair in given_pairs] == [[0, index, 0] for index in range(4)]
    assert client.get(f"/clips/{given_pairs[0]['clips'][0]}").content == b"a clip"
    other = pairs(client, tab="another-tab")["pairs"]
    assert [pair["key"] for pair in other] == [[0, index, 0] for index in range(4, 8)]
    third = pairs(client, tab="a-third-tab")
    assert third["pairs"] == []
    assert third["waiting"] == "Others are watching the pairs that are left."


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_chosen_clip_is_the_one_that_was_on_that_side(
    client: TestClient, sitting: Sitting, index: int, side: str
) -> None:
    clips = pairs(client)["pairs"][index]["clips"]
    assert post(client, key=[0, index, 0], verdict=side).json()["fresh"]
    question = sitting.queue.questions()[index]
    assert question.standing is not None
    assert isinstance(question.standing.verdict, int)
    chosen = question.segment_ids[question.standing.verdict]
    assert chosen == clips[0 if side == "left" else 1].partition(".")[0]
    assert question.standing.shown_left == shown_left(QueryKey("run", 0, index))


def test_a_verdict_sent_again_changes_nothing(client: TestClient, sitting: Sitting) -> None:
    assert post(client, verdict="tie").json() == {"confirmed": TOKEN, "fresh": True}
    assert post(client, verdict="tie").json() == {"confirmed": TOKEN, "fresh": False}
    assert post(client, token="another-token").status_code == 409
    assert client.get("/status").json()["labels"] == 1


def test_somebody_elses_pair_cannot_be_answered(client: TestClient) -> None:
    pairs(client)
    assert post(client, labeller="ben", tab="tab-of-ben").status_code == 409
    assert post(client).status_code == 200


def test_undo_gives_the_pair_again(client: TestClient) -> None:
    first = pairs(client)["pairs"]
    post(client)
    assert pairs(client)["pairs"][0]["key"] == [0, 1, 0]
    answer = post(client, "/undo", token="undo-token").json()
    assert answer["pair"] == first[0]
    assert pairs(client)["pairs"][0] == first[0]
    assert client.get("/status").json()["labels"] == 0
    assert post(client, "/undo", token="undo-more").json()["pair"] is None


def test_the_status(client: TestClient, tmp_path: Path) -> None:
    rows = [{"steps": 10, "true_return": 1.0}, {"steps": 20, "true_return": 3.0}]
    rows[1]["reward/heldout_accuracy"] = 0.75
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "metrics.jsonl").write_text(text + '{"steps": 3')
    post(client, seconds=3.0)
    post(client, key=[0, 1, 0], verdict="skip", token="second-token", seconds=5.0)
    status = client.get("/status").json()
    assert (status["labels"], status["budget"], status["median_seconds"]) == (1, 8, 4.0)
    assert (status["heldout_accuracy"], status["curve"]) == (0.75, [[10, 1.0], [20, 3.0]])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": [0, 0]}, 400),
        ({"key": [0, -1, 0]}, 400),
        ({"key": [0, 2**31, 0]}, 400),
        ({"key": [0, True, 0]}, 400),
        ({"key": [0, 99, 0]}, 409),
        ({"key": [0, 0, 1]}, 409),
        ({"verdict": "both"}, 400),
        ({"verdict": 0}, 400),
        ({"seconds": -1}, 400),
        ({"seconds": "1"}, 400),
        ({"token": "short"}, 400),
        ({"token": "x" * 65}, 400),
        ({"labeller": ""}, 400),
        ({"labeller": "a\nb"}, 400),
        ({"tab": None}, 400),
    ],
)
def test_malformed_posts_are_refused(
    client: TestClient, caplog: pytest.LogCaptureFixture, body: dict[str, Any], status: int
) -> None:
    with caplog.at_level(logging.WARNING, "prefrl.labelling"):
        assert post(client, **body).status_code == status
    assert f"POST '/verdict': {status}" in caplog.text
    assert client.get("/status").json()["labels"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 5000, b'{"seconds": NaN}'])
def test_posts_that_are_no_object_are_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/verdict", content=body, headers=CSRF).status_code == 400
    assert client.post("/undo", content=body, headers=CSRF).status_code == 400


def test_large_posts_are_refused(client: TestClient) -> None:
    assert client.post("/verdict", content=b" " * 9000, headers=CSRF).status_code == 413
    parts = iter([b" " * 5000, b" " * 5000])  # without a length
    assert client.post("/verdict", content=parts, headers=CSRF).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/clips/../labels.sqlite",
        "/clips/..%2flabels.sqlite",
        "/clips/%2e%2e/labels.sqlite",
        "/clips/clips.log",
        "/static/../app.py",
        "/static/..%2f..%2fstore.py",
        "/static/%00",
        f"/clips/{'0' * 32}.mp4",
        f"/clips/{'0' * 32}.m%00p4",
        "/labels.sqlite",
        "/labelling.secret",
    ],
)
def test_no_other_file_is_reached(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_posts_need_the_pages_token(client: TestClient) -> None:
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": b"\xe9".decode("latin-1")}):
        encoded = [(n.encode(), value.encode("latin-1")) for n, value in headers.items()]
        assert client.post("/verdict", json={}, headers=encoded).status_code == 403


def test_another_sites_name_for_this_machine_is_refused(sitting: Sitting) -> None:
    app = create_app(sitting, SECRETS)
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
        assert TestClient(app, f"http://{host}").get("/").status_code == 403
    for host in ("localhost:1", "127.0.0.1", "[::1]:8765"):
        assert TestClient(app, f"http://{host}").get("/").status_code == 200


def test_other_hosts_need_the_token_once(sitting: Sitting) -> None:
    app = create_app(sitting, SECRETS, open_to_others=True)
    client = TestClient(app, "http://lab.example")
    for path in ("/", "/pairs", "/status", "/static/label.js", "/?token=wrong"):
        assert client.get(path).status_code == 403, path
    answer = client.get("/?token=access-secret", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/").status_code == 200
    assert client.get("/status").status_code == 200


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
NAMES = ("labeller", "tab", "key", "verdict", "seconds", "token")
NEAR = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ANYTHING)).map(
    lambda odd: {**WHO, "key": [0, 0, 0], "verdict": "tie", "seconds": 1, "token": TOKEN, **odd}
)


@given(body=NEAR | ANYTHING, path=st.sampled_from(["/verdict", "/undo"]))
def test_no_post_makes_the_server_fail(client: TestClient, body: Any, path: str) -> None:
    content = json.dumps(body).encode(errors="surrogatepass")
    assert client.post(path, content=content, headers=CSRF).status_code < 500


@given(
    path=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    query=st.dictionaries(st.sampled_from([*WHO, "format", "token"]), st.text(), max_size=4),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    start=st.sampled_from(["/", "/clips/", "/static/", "/pairs", "/status"]),
)
def test_no_request_makes_the_server_fail(
    client: TestClient, path: str, query: dict[str, str], method: str, start: str
) -> None:
    from urllib.parse import quote

    safe = {name: value.encode(errors="replace").decode() for name, value in query.items()}
    answer = client.request(method, start + quote(path), params=safe, headers=CSRF)
    assert answer.status_code < 500


def test_texts_have_one_form_whatever_the_browser_plays(sitting: Sitting) -> None:
    for question in sitting.queue.questions():
        for identity in question.segment_ids:
            path = sitting.clips.folder / f"{identity}.text"
            path.write_text('{"prompt": "p", "written": "w"}')
    client = TestClient(
        create_app(dataclasses.replace(sitting, text=True), SECRETS), "http://127.0.0.1:8765"
    )
    clip = pairs(client, format="json")["pairs"][0]["clips"][0]
    assert clip.endswith(".text")
    assert client.get(f"/clips/{clip}").json() == {"prompt": "p", "written": "w"}
    page = client.get("/").text
    assert 'data-kind="text"' in page
    assert 'data-do="pause"' not in page
