"""Tests of TAMER from the command line: what it says, and with which status it ends."""

import contextlib
import json
import re
import socket
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from prefrl.agents import load
from prefrl.agents.cli import main
from prefrl.errors import UserError

TRAIN = "train prefrl/Tetris-v0 --agent tamer"
TINY = f"{TRAIN} --games 2 --most-pieces 20 --eval-games 2 --out run"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


def fails(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """Return the one line on standard error of a command that ends with status 2."""
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("train CartPole-v1 --agent tamer", "TAMER judges placements of Tetris, which CartPole-v1"),
        ("train prefrl/TetrisKeys-v0 --agent tamer", "use prefrl/Tetris-v0, or --agent ppo"),
        (f"{TRAIN} --labels 3", "--labels is for --agent ppo"),
        (f"{TRAIN} --steps 3", "--steps is for --agent ppo"),
        ("train prefrl/Tetris-v0 --rated-share .5", "--rated-share is for --agent tamer"),
        (f"{TRAIN} --teacher oracle", "no teacher 'oracle'; it has: scripted, human"),
        (f"{TRAIN} --teacher human", "at a terminal, and this is none"),
        (f"{TRAIN} --games 0", "--games must be at least 1, not 0"),
        (f"{TRAIN} --seed -1", "--seed must be at least 0, not -1"),
        (f"{TRAIN} --rated-share 2", "--rated-share must be in [0, 1], not 2.0"),
        (f"{TRAIN} --step-size 0", "--step-size must be above 0"),
        (f"{TRAIN} --speed nan", "--speed must be from 0.1 to 20, not nan"),
        (f"{TRAIN} --credit gamma", "takes --credit previous"),
        (f"{TRAIN} --credit nobody", "--credit"),
        (f"{TRAIN} --env-kwargs height=2", "must be a whole number from 4 to 60"),
        (f"{TRAIN} --env-kwargs pieces=QX", "there is no piece 'Q'"),
        (f"{TRAIN} --env-kwargs features=none", "features='none' is unknown"),
    ],
)
def test_bad_input_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    assert message in fails(capsys, command)
    assert list(Path().iterdir()) == []


def test_a_run_is_trained_filmed_and_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    main(TINY.split())
    assert "prefrl resume run" in " ".join(capsys.readouterr().out.split())
    config = json.loads(Path("run/config.json").read_text())
    assert config["agent"] == "tamer"
    assert config["settings"]["run"] == "run"
    main(["watch", "run", "--out", "film.mp4", "--seconds", "2"])
    assert Path("film.mp4").stat().st_size > 1000
    main(["resume", "run"])
    assert "run is finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (TINY, "run is not empty; choose another --out"),
        ("report run", "run is a run of TAMER"),
        ("label run", "only resume and watch take it"),
        ("labels export run --out x", "run is a run of TAMER"),
        ("watch run --every-checkpoint", "keeps no policies over training"),
    ],
)
def test_what_is_only_for_ppo_says_so(
    capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    main(TINY.split())
    capsys.readouterr()
    assert message in fails(capsys, command)
    with pytest.raises(UserError, match="load_model"):
        load("run")


def test_a_person_judges_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = f"{TINY} --teacher human --place page --speed 10 --credit previous --port {port}"
    link = f"http://127.0.0.1:{port}/"
    person = threading.Thread(target=say_good_once, args=(link,))
    person.start()
    main(command.split())
    person.join()
    assert f"label at: {link}" in capsys.readouterr().out
    assert json.loads(Path("run/result.json").read_text())["good"] == 1


def say_good_once(link: str) -> None:
    """Judge what is shown, through the page's own requests, as soon as the page is there."""
    for _ in range(600):
        time.sleep(0.05)
        with contextlib.suppress(OSError):
            page = urllib.request.urlopen(link, timeout=20).read().decode()
            break
    found = re.search(r'data-posting="(\w+)"', page)
    assert found is not None
    body: dict[str, object] = {"labeller": "robot", "tab": "tab-of-robot", "token": "token-000001"}
    body |= {"value": 1, "ago": 0}
    request = urllib.request.Request(
        f"{link}feedback", json.dumps(body).encode(), {"X-CSRF-Token": found[1]}
    )
    assert json.loads(urllib.request.urlopen(request, timeout=20).read())["fresh"]


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = f"{TINY} --teacher human --place page --port {port}"
        assert f"port {port}" in fails(capsys, command)
    assert not Path("run").exists()


def test_a_film_needs_a_finished_game(capsys: pytest.CaptureFixture[str]) -> None:
    main(TINY.split())
    Path("run/reinforcement.json").unlink()
    capsys.readouterr()
    assert "that has finished a game" in fails(capsys, "watch run")
