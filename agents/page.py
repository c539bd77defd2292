"""The labelling page of a run, beside its training or alone."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from rich.console import Console

from prefrl.checkpoints import whole_checkpoints
from prefrl.errors import UserError
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.live_session import LiveSession
from prefrl.labelling.offline import ask_from_pool
from prefrl.labelling.progress import labels_used
from prefrl.segment_texts import is_readable
from prefrl.store import LabelStore

from .run_folder import LABELS, read_settings
from .settings import RunSettings


@dataclass(frozen=True)
class Address:
    """Where the labelling page is served.

    Attributes:
        host: The address to listen at.
        port: The port.
    """

    host: str = "127.0.0.1"
    port: int = 8765


def needs_people(settings: RunSettings) -> bool:
    """Return whether a run is to be answered by people."""
    learned = settings.reward == "learned" and not settings.labels_given
    return learned and settings.teacher == "human"


def check_address(settings: RunSettings, address: Address) -> None:
    """See that the page can be served, where a run needs it.

    Raises:
        UserError: If the port is taken, or packages are missing.
    """
    if needs_people(settings):
        check_page(address)


@contextlib.contextmanager
def page_beside(
    settings: RunSettings, folder: Path, address: Address, console: Console
) -> Iterator[None]:
    """Serve the page during training, where people answer.

    Raises:
        UserError: If it does not start.
    """
    if not needs_people(settings):
        yield
        return
    server = _server()
    page = server.PageSettings(**_description(settings, folder, address))
    with server.served_beside(page):
        _announce(console, page.link)
        yield


def check_page(address: Address) -> None:
    """See that a page can be served.

    Raises:
        UserError: If the port is taken, or packages are missing.
    """
    _server().check_port(address.host, address.port)


@contextlib.contextmanager
def live_page_beside(
    session: LiveSession, folder: Path, run: str, address: Address, console: Console
) -> Iterator[None]:
    """Serve the page of a live session.

    Raises:
        UserError: If it does not start.
    """
    link = _server().page_link(folder, address.host, address.port)
    from prefrl.labelling.live_server import served_live  # now that its packages are known

    with served_live(session, folder, run, host=address.host, port=address.port):
        _announce(console, link)
        yield


def label(folder: Path, count: int | None, address: Address, console: Console) -> None:
    """Serve the page of a run that is not being trained, until the command is interrupted.

    Args:
        folder: The run's folder.
        count: Further questions to ask about segments of the last checkpoint; by default what the
            budget has left, where no question is open.
        address: Where to serve.
        console: Where to say so.

    Raises:
        UserError: If the folder is no run on a learned reward, or the page cannot be served.
    """
    settings = read_settings(folder)
    if settings.reward != "learned":
        raise UserError(f"{folder} was trained on the true reward, so it has nothing to label")
    server = _server()
    server.check_port(address.host, address.port)
    store = LabelStore(folder / LABELS)
    asked = _ask_offline(settings, folder, store, count)
    store.close()
    if asked:
        console.print(f"asking {asked} questions about segments of the last checkpoint")
    page = server.PageSettings(**_description(settings, folder, address))
    _announce(console, page.link)
    server.serve(page)


def _ask_offline(settings: RunSettings, folder: Path, store: LabelStore, count: int | None) -> int:
    questions = Ledger(store, settings.run).questions()
    if count is None:
        is_open = any(question.standing is None for question in questions)
        count = 0 if is_open else max(0, settings.labels - labels_used(questions))
    if not count:
        return 0
    checkpoints = whole_checkpoints(folder)
    if not checkpoints:
        raise UserError(f"{folder} has no checkpoint with segments to ask about; train it first")
    newest = checkpoints[-1]
    return ask_from_pool(
        store, settings.run, newest, count, round_index=int(newest.name), seed=settings.seed
    )


def _description(settings: RunSettings, folder: Path, address: Address) -> dict[str, object]:
    name = settings.env.rpartition(":")[2]
    return {
        "folder": str(folder),
        "store": str(folder / LABELS),
        "run": settings.run,
        "env": settings.env,
        "env_kwargs": settings.env_kwargs,
        "text": is_readable(settings.env, settings.env_kwargs),
        "task": settings.task or f"Prefer the one that does better at {name}.",
        "budget": settings.labels,
        "host": address.host,
        "port": address.port,
    }


def _announce(console: Console, link: str) -> None:
    console.print(f"label at: {link}", soft_wrap=True)


def _server() -> ModuleType:
    try:
        from prefrl.labelling import server
    except ModuleNotFoundError as error:
        raise UserError(
            f"the labelling page needs {error.name}: pip install 'prefrl[label]'"
        ) from error
    return server
