"""Serving the labelling page, here or in a process of its own."""

import contextlib
import dataclasses
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from prefrl.errors import UserError
from prefrl.labelling.app import Sitting, create_app
from prefrl.labelling.clip_shelf import ClipShelf
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.questions import QuestionQueue
from prefrl.labelling.security import is_local, read_secrets
from prefrl.store import LabelStore

START_SECONDS = 60.0
"""How long the server's process may take until it answers, in seconds."""

RESTART_SECONDS = 0.5
"""After how long a server's process that has ended is started anew, at most, in seconds."""

PORTS_TO_TRY = 100

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that mean all of this machine's, and what reaches them from here."""


@dataclass(frozen=True)
class PageSettings:
    """What to serve, and where.

    Attributes:
        folder: The run's folder.
        store: The label store.
        run: The run's name in the label store.
        env: The environment's id.
        task: The sentence that says what to prefer.
        budget: Labels that the run is to have.
        env_kwargs: Arguments for the environment.
        text: Whether the environment writes texts, which are read instead of watched.
        host: The address to listen at; this machine only by default.
        port: The port.
    """

    folder: str
    store: str
    run: str
    env: str
    task: str
    budget: int
    env_kwargs: dict[str, Any] = field(default_factory=dict)
    text: bool = False
    host: str = "127.0.0.1"
    port: int = 8765

    @property
    def link(self) -> str:
        """The address to open in a browser; with a token where other hosts may."""
        return page_link(Path(self.folder), self.host, self.port)


def page_link(folder: Path, host: str, port: int) -> str:
    """Return the address of a run's page, with its token where other hosts may open it."""
    name = socket.gethostname() if host in EVERYWHERE else host
    shown = f"[{name}]" if ":" in name else name
    if is_local(host):
        return f"http://{shown}:{port}/"
    return f"http://{shown}:{port}/?token={read_secrets(folder).access}"


def check_port(host: str, port: int) -> None:
    """See that nobody listens at a port.

    Raises:
        UserError: If it is taken, or no port of this machine; the next free one is named.
    """
    if not 1 <= port <= 65_535:
        raise UserError(f"--port must be from 1 to 65535, not {port}")
    error = _try_port(host, port)
    if error is None:
        return
    later = range(port + 1, min(port + PORTS_TO_TRY, 65_536))
    free = next((other for other in later if _try_port(host, other) is None), None)
    advice = f"use --port {free}" if free else "choose another --host"
    raise UserError(f"cannot serve at {host}, port {port} ({error.strerror}); {advice}")


def serve(settings: PageSettings, *, until_input_ends: bool = False) -> None:
    """Serve the page until the process is interrupted.

    Args:
        settings: What to serve.
        until_input_ends: Also stop when standard input ends, as it does with a parent's death.
    """
    folder = Path(settings.folder)
    store = LabelStore(settings.store)
    clips = ClipShelf(folder / "clips", settings.store, settings.env, settings.env_kwargs)
    queue = QuestionQueue(Ledger(store, settings.run))
    told = settings.run, settings.task, settings.budget
    sitting = Sitting(folder, *told, queue, clips, settings.text)
    sitting.draw_ahead(sitting.form())
    app = create_app(sitting, read_secrets(folder), open_to_others=not is_local(settings.host))
    server = make_server(app, settings.host, settings.port)
    if until_input_ends:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    try:
        with logged(folder), store.held_open():
            server.run()
    finally:
        clips.close()
        store.close()


def make_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """Return a server of an application, which logs nothing but its own faults."""
    return uvicorn.Server(
        uvicorn.Config(app, host, port, log_level="warning", access_log=False, ws="none")
    )


@contextlib.contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Write refused requests to a run's `labelling.log` meanwhile."""
    handler = logging.FileHandler(folder / "labelling.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("prefrl.labelling")
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


@contextlib.contextmanager
def served_beside(settings: PageSettings) -> Iterator[None]:
    """Serve the page in a process of its own meanwhile; it ends with this process, however that is.

    Where it ends before, it is started anew.

    Raises:
        UserError: If it does not start.
    """
    page = _ServerProcess(settings)
    try:
        page.wait_until_it_answers()
        page.keep()
        yield
    finally:
        page.stop()


class _ServerProcess:
    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        described = json.dumps(dataclasses.asdict(self._settings))
        return subprocess.Popen(
            [sys.executable, "-m", "prefrl.labelling.server", described],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the training, which then ends the page
        )

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        host, port = self._settings.host, self._settings.port
        reached = EVERYWHERE.get(host, host), port
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(reached, 1):
                return
            time.sleep(0.1)
        raise UserError(f"the labelling page did not start at {host}, port {port}")

    def keep(self) -> None:
        threading.Thread(target=self._start_again_and_again, daemon=True).start()

    def _start_again_and_again(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            with self._changing:
                if self._process.poll() is not None and not self._stopping.is_set():
                    _end(self._process)
                    self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        with self._changing:
            _end(self._process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Serve the page that the only argument, `PageSettings` as JSON, describes."""
    serve(PageSettings(**json.loads(sys.argv[1])), until_input_ends=True)


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


def _try_port(host: str, port: int) -> OSError | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


if __name__ == "__main__":
    main()
