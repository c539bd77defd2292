"""Several labellers at once, and what is killed while somebody labels."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_client import OracleLabeller, stored_verdicts
from page_kills import processes
from page_load import Options, label, verdict_counts
from page_runs import RUN, ask_pairs, page_settings, random_segments, stand_in_clips

from prefrl.labelling.server import PageSettings

PAIRS = 300


@pytest.fixture
def settings(tmp_path: Path) -> PageSettings:
    """A page of 300 pairs."""
    ask_pairs(tmp_path, random_segments("CartPole-v1", 40, length=10), PAIRS)
    stand_in_clips(tmp_path, "mp4")
    return page_settings(tmp_path, "CartPole-v1", PAIRS)


def test_many_labellers_at_once_answer_each_pair_once(
    settings: PageSettings, tmp_path: Path
) -> None:
    account, _ = label(Options(labellers=12, seconds=3.0, pause=0.15), settings)
    assert set(account.statuses) == {200}
    assert len(account.confirmed) > 50
    assert account.confirmed == stored_verdicts(tmp_path, RUN)
    assert set(verdict_counts(tmp_path).values()) == {1}


TRAINER = """
import json, sys, time
from prefrl.labelling.server import PageSettings, served_beside
with served_beside(PageSettings(**json.loads(sys.stdin.readline()))):
    time.sleep(100)
"""


@pytest.fixture
def trainer(settings: PageSettings) -> Iterator["subprocess.Popen[str]"]:
    """A process that serves the page as a trainer does."""
    command = [sys.executable, "-c", TRAINER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        print(json.dumps(dataclasses.asdict(settings)), file=process.stdin, flush=True)
        yield process
        process.kill()


def test_no_confirmed_label_is_lost_to_a_kill(
    settings: PageSettings, trainer: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    labeller = OracleLabeller(settings.link, tmp_path, per_second=100.0)
    thread = threading.Thread(target=labeller.run, kwargs={"again": lambda _: True})
    thread.start()
    try:
        for victim in ("server", "trainer"):
            wait_for_labels(labeller, len(labeller.confirmed) + 20)
            [server] = processes(f"prefrl.labelling.server.*port.: {settings.port}[^0-9]")
            os.kill(server if victim == "server" else trainer.pid, signal.SIGKILL)
            confirmed = dict(labeller.confirmed)
            assert confirmed.items() <= stored_verdicts(tmp_path, RUN).items()
    finally:
        labeller.stop()
        thread.join()
    assert labeller.confirmed.items() <= stored_verdicts(tmp_path, RUN).items()
    assert set(verdict_counts(tmp_path).values()) == {1}


def wait_for_labels(labeller: OracleLabeller, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(labeller.confirmed) < count:
        assert time.monotonic() < deadline, "nothing is confirmed any more"
        time.sleep(0.01)
