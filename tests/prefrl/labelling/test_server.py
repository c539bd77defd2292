"""Where the page is served, and when it ends."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prefrl.errors import UserError
from prefrl.labelling.security import is_local, read_secrets
from prefrl.labelling.server import PageSettings, check_port, served_beside


@pytest.fixture
def settings(tmp_path: Path, port: int) -> PageSettings:
    place = str(tmp_path), str(tmp_path / "labels.sqlite")
    return PageSettings(*place, "run", "CartPole-v1", "Prefer it.", 10, port=port)


def test_a_free_port_is_found_free_and_a_taken_one_is_named(port: int) -> None:
    check_port("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        held = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {held} .*use --port \d+"):
            check_port("127.0.0.1", held)
    with pytest.raises(UserError, match="choose another --host"):
        check_port("nowhere.invalid", 8765)


def test_only_this_machine_needs_no_token(settings: PageSettings) -> None:
    assert settings.link == f"http://127.0.0.1:{settings.port}/"
    elsewhere = dataclasses.replace(settings, host="10.0.0.1")
    access = read_secrets(Path(settings.folder)).access
    assert elsewhere.link == f"http://10.0.0.1:{settings.port}/?token={access}"
    everywhere = dataclasses.replace(settings, host="0.0.0.0")
    assert socket.gethostname() in everywhere.link
    assert access in everywhere.link
    assert [is_local(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "x")] == [
        True, True, True, False, False
    ]  # fmt: skip


def test_secrets_outlive_restarts_and_are_nobody_elses(tmp_path: Path) -> None:
    secrets = read_secrets(tmp_path)
    assert read_secrets(tmp_path) == secrets
    assert secrets.access != secrets.posting
    assert (tmp_path / "labelling.secret").stat().st_mode & 0o077 == 0


PARENT = """
import sys, time
from prefrl.labelling.server import PageSettings, served_beside
with served_beside(PageSettings(*sys.argv[1:6], 10, port=int(sys.argv[6]))):
    print("serving", flush=True)
    time.sleep(100)
"""


def test_the_page_ends_when_its_trainer_is_killed(settings: PageSettings) -> None:
    fields = (settings.folder, settings.store, settings.run, settings.env, settings.task)
    command = [sys.executable, "-c", PARENT, *fields, str(settings.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as trainer:
        assert trainer.stdout is not None
        assert trainer.stdout.readline() == b"serving\n"
        os.kill(trainer.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", settings.port), 1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    pytest.fail("the page outlived its trainer")


def test_a_server_that_dies_is_started_anew(settings: PageSettings) -> None:
    def process_of_server() -> int:
        command = ["pgrep", "-f", f"prefrl.labelling.server.*{settings.folder}"]
        return int(subprocess.run(command, check=True, capture_output=True).stdout.split()[0])

    with served_beside(settings):
        os.kill(process_of_server(), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", settings.port), 1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
    pytest.fail("the page was not started anew")
