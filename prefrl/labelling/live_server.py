"""Serving the page of a live session, by threads of its process."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from prefrl.errors import UserError
from prefrl.labelling.live_app import create_live_app
from prefrl.labelling.live_session import LiveSession
from prefrl.labelling.security import is_local, read_secrets
from prefrl.labelling.server import START_SECONDS, check_port, logged, make_server


@contextlib.contextmanager
def served_live(
    session: LiveSession, folder: Path, run: str, *, host: str = "127.0.0.1", port: int = 8765
) -> Iterator[None]:
    """Serve the page of a session meanwhile; `page_link` gives its address.

    Args:
        session: What is shown and judged.
        folder: The run's folder, where secrets are kept and refused requests written down.
        run: The run's name.
        host: The address to listen at; this machine only by default.
        port: The port.

    Raises:
        UserError: If the port is taken, or the server does not start.
    """
    check_port(host, port)
    others = not is_local(host)
    app = create_live_app(session, read_secrets(folder), run=run, open_to_others=others)
    server = make_server(app, host, port)
    thread = threading.Thread(target=server.run, daemon=True)
    with logged(folder):
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise UserError(f"the page of the live session did not start at {host}:{port}")
            time.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
