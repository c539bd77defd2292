"""A person at the terminal watches a live session and judges it by single keys."""

import contextlib
import itertools
import os
import select
import signal
import sys
import termios
import threading
import time
import tty
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from prefrl.errors import UserError
from prefrl.labelling.live_session import LiveSession

KEYS = [
    "+  good",
    "-  bad",
    "u  take the last one back",
    "space  learning on or off",
    "p  pause",
    "f  faster",
    "s  slower",
    "q  quit; prefrl resume goes on",
]

LABELLER = "terminal"

REDRAW_SECONDS = 0.1
"""How long to wait for a key before the board is drawn again."""

FASTER = 1.25
"""By what factor a key changes the speed."""

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""To a screen of its own without a cursor, and back."""

HOME, END_OF_LINE, BELOW = "\x1b[H", "\x1b[K", "\x1b[J"


class TextSession(LiveSession, Protocol):
    """A live session that can be shown as text."""

    def text(self) -> str:
        """Return what is shown."""


def check_terminal() -> None:
    """Raise a UserError unless there is a terminal to watch and type at."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("a person judges TAMER at a terminal, and this is none; use --place page")


def watch_in_terminal(session: TextSession) -> None:
    """Run a session while a person watches and types, until it is over or they quit.

    The terminal is as it was before when this returns, however it ends.
    """
    failure: list[BaseException] = []

    def run() -> None:
        try:
            session.run()
        except BaseException as error:  # to be raised again where somebody sees it
            failure.append(error)

    thread = threading.Thread(target=run, name="live session")
    with _single_keys() as read_keys:
        thread.start()
        try:
            while thread.is_alive():
                _draw(session)
                for key in read_keys():
                    press(session, key)
        finally:
            session.stop()
            thread.join()
    if failure:
        raise failure[0]


def press(session: LiveSession, key: str) -> None:
    """Do what a key stands for; see `KEYS`."""
    state, token = session.state(), uuid.uuid4().hex
    match key:
        case "+" | "=":
            session.feedback(1.0, labeller=LABELLER, given_at=time.time(), token=token)
        case "-" | "_":
            session.feedback(-1.0, labeller=LABELLER, given_at=time.time(), token=token)
        case "u":
            session.undo(labeller=LABELLER, token=token)
        case " ":
            session.train(not state.training)
        case "p":
            session.pause(not state.paused)
        case "f":
            session.set_speed(state.steps_per_second * FASTER)
        case "s":
            session.set_speed(state.steps_per_second / FASTER)
        case "q":
            session.stop()


def panel(session: LiveSession) -> list[str]:
    """Return the lines beside the board: what to judge by, how things stand, and the keys."""
    state = session.state()
    return [
        session.task,
        "",
        f"game {state.episode} of {state.episodes}, placement {state.step}",
        f"{state.good} good, {state.bad} bad",
        f"{state.steps_per_second:.1f} placements a second",
        "learning" if state.training else "NOT LEARNING from what you say",
        "PAUSED" if state.paused else "",
        "",
        *KEYS,
    ]


def _draw(session: TextSession) -> None:
    """Draw the board and the panel; of what is too high, the lower rows."""
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    board = session.text().splitlines()
    width = max(map(len, board)) + 3
    pairs = itertools.zip_longest(board, panel(session), fillvalue="")
    lines = [f"{left:{width}}{right}"[:columns] for left, right in pairs][1 - rows :]
    sys.stdout.write(HOME + "".join(f"{line}{END_OF_LINE}\r\n" for line in lines) + BELOW)
    sys.stdout.flush()


@contextlib.contextmanager
def _single_keys() -> Iterator[Callable[[], str]]:
    """Let keys be read one by one, on a screen of their own, and put everything back at the end.

    A request to terminate ends the block by an exception; so everything is put back then too.
    """
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    handlers = {number: signal.signal(number, handle) for number, handle in HANDLERS.items()}
    try:
        tty.setcbreak(descriptor)
        sys.stdout.write(ENTER)
        yield lambda: _waiting_keys(descriptor)
    finally:
        with contextlib.suppress(OSError, termios.error):  # of a terminal that is gone
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
            sys.stdout.write(LEAVE)
            sys.stdout.flush()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _waiting_keys(descriptor: int) -> str:
    ready, _, _ = select.select([descriptor], [], [], REDRAW_SECONDS)
    if not ready:
        return ""
    data = os.read(descriptor, 64)
    if not data:  # nobody is there any more
        raise KeyboardInterrupt
    return data.decode("ascii", "ignore")


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


HANDLERS: dict[signal.Signals, signal.Handlers | Callable[..., Any]] = {
    signal.SIGTERM: _interrupt,
    signal.SIGHUP: _interrupt,
    signal.SIGTSTP: signal.SIG_IGN,  # a stopped process could not put the terminal back
}
