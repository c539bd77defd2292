"""Tests of agents/tamer/terminal.py, at a terminal of the test's own."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prefrl.agents.run_folder import LABELS
from prefrl.feedback import FeedbackLedger
from prefrl.store import LabelStore

COMMAND = [sys.executable, "-m", "prefrl.agents.cli"]
TRAIN = [*COMMAND, "train", "prefrl/Tetris-v0", "--agent", "tamer", "--teacher", "human"]
TRAIN += ["--speed", "4", "--out", "run", "--games", "1", "--eval-games", "1"]
TRAIN += ["--most-pieces", "40"]  # whatever was learned from a press, games end


class Terminal:
    """A command at a pseudo-terminal."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._master, self._slave = pty.openpty()
        termios.tcsetwinsize(self._slave, (24, 80))
        self.modes = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            start_new_session=True,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
        )
        self.shown = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait(self, holds: Callable[[], Any], seconds: float = 60.0) -> None:
        """Read what is shown until something holds."""
        ends = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < ends, self.shown[-2000:]
            if select.select([self._master], [], [], 0.05)[0]:
                self.shown += os.read(self._master, 65536).decode(errors="replace")

    def sees(self, text: str) -> None:
        self.wait(lambda: text in self.shown)
        self.shown = self.shown[self.shown.rindex(text) + len(text) :]

    def ends(self) -> int:
        self.wait(lambda: self.process.poll() is not None)
        return int(self.process.returncode)

    def is_as_before(self) -> bool:
        return termios.tcgetattr(self._slave) == self.modes

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(TRAIN, tmp_path)
    yield opened
    opened.close()


def values(folder: Path) -> list[float]:
    store = LabelStore(folder / LABELS)
    found = [piece.value for piece in FeedbackLedger(store, "run").standing()]
    store.close()
    return found


def test_keys_judge_hold_and_quit_and_the_terminal_is_put_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.sees("Press + when a placement is good")
    assert not terminal.is_as_before()
    for keys, seen in (
        ("p", "PAUSED"),
        ("+", "1 good, 0 bad"),
        ("-", "1 good, 1 bad"),
        ("--", "1 good, 3 bad"),
        ("u", "1 good, 2 bad"),
        (" ", "NOT LEARNING"),
        ("s", "3.2 placements a second"),
        ("f", "4.0 placements a second"),
    ):
        terminal.type(keys)
        terminal.sees(seen)
    assert values(tmp_path / "run") == [1.0, -1.0, -1.0]
    terminal.type("q")
    assert terminal.ends() == 0
    assert "prefrl resume run" in " ".join(terminal.shown.split())
    assert terminal.is_as_before()
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_game_is_played_to_its_result_after_it_was_resumed(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.sees("placement 3")
    terminal.type("+q")
    assert terminal.ends() == 0
    again = Terminal([*COMMAND, "resume", "run"], tmp_path)
    try:
        again.sees("1 good, 0 bad")
        again.type("f" * 9)
        assert again.ends() == 0
        assert (tmp_path / "run" / "result.json").exists()
        assert again.is_as_before()
    finally:
        again.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_the_terminal_as_it_was(
    terminal: Terminal, tmp_path: Path, number: signal.Signals
) -> None:
    terminal.sees("Press + when a placement is good")
    terminal.type("+")
    terminal.sees("1 good")
    terminal.process.send_signal(number)
    assert terminal.ends() == 130
    assert terminal.is_as_before()
    assert values(tmp_path / "run") == [1.0]


def test_a_failure_leaves_the_terminal_as_it_was(terminal: Terminal, tmp_path: Path) -> None:
    terminal.sees("placement 2")
    for path in (tmp_path / "run").glob(f"{LABELS}*"):
        path.write_bytes(b"no database" * 1000)
    assert terminal.ends() == 2
    assert terminal.is_as_before()
    assert "label store" in " ".join(terminal.shown.split())
