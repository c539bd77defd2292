"""Kill the page's server, the trainer and the browser while people label: no label is lost.

    python tests/benchmarks/page_kills.py --kills 10

One run each. A program answers through the page as the oracle would, four a second, or, where the
browser is killed, keys are pressed in headless Chromium. SIGKILL comes at random moments of that; a
trainer is then resumed, a browser opened anew, and a server is started anew by its trainer. Ends
with status 1 if a verdict that the page had confirmed is not in the store, or if a run does not
come to its end with its labels in it.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import tyro
from one_thread import single_threaded
from page_browser import BrowserLabeller
from page_client import OracleLabeller, stored_verdicts
from page_runs import free_port

from prefrl.checkpoints import newest_checkpoint

Target: TypeAlias = Literal["server", "trainer", "browser"]

PATIENCE = 120.0
"""Seconds after which something that does not happen is taken never to happen."""


@dataclass(frozen=True)
class Options:
    """What to kill, and how often."""

    targets: tuple[Target, ...] = ("server", "trainer", "browser")
    """What is killed, each in a run of its own."""
    kills: int = 10
    """How often each is killed."""
    env: str = "prefrl/HalfCheetah-v0"
    """The environment's id."""
    steps: int = 60_000
    """Environment steps of a run."""
    labels: int = 150
    """Label budget of a run; with few, it ends before it was killed so often."""
    per_second: float = 4.0
    """Verdicts a second."""
    most_seconds: float = 2.0
    """The longest time of labelling before a kill."""
    seed: int = 0
    """Determines the moments, and the runs."""
    folder: Path = Path(".benchmarks/page_kills")
    """Where the runs are kept; what is there is removed first."""


def main() -> None:
    """Kill each, and say what became of the labels."""
    options = tyro.cli(Options)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    faults: list[str] = []
    for target in options.targets:
        faults += kill_all(target, [target] * options.kills, options)
    print(f"faults: {'; '.join(faults) or 'none'}")
    sys.exit(bool(faults))


def kill_all(name: str, targets: Sequence[Target], options: Options) -> list[str]:
    """Kill parts of one run, one after the other, let it end, and return what went wrong."""
    run = LabelledRun(name, options, in_browser="browser" in targets)
    moments = random.Random(f"{name} {options.seed}")
    faults: list[str] = []
    run.start("train")
    with run.labelled():
        for number, target in enumerate(targets):
            moment = moments.uniform(0, options.most_seconds)
            if not run.wait_for_labels(moment):
                return [*faults, f"only {number} kills of {name}: {run.state()}"]
            confirmed = dict(run.labeller.confirmed)
            run.kill(target)
            lost = run.lost(confirmed)
            faults += [f"label {key} after a kill of the {target}" for key in lost]
            print(
                f"{target}, kill {number + 1}, {moment:.2f} s into labelling: "
                f"{len(confirmed)} confirmed, {len(lost)} lost",
                flush=True,
            )
        return faults + run.end()


class LabelledRun:
    """A run that is labelled, parts of which are killed.

    Attributes:
        labeller: Who labels.
    """

    def __init__(self, name: str, options: Options, *, in_browser: bool) -> None:
        self._name, self._options = name, options
        self.folder = options.folder / name
        self._port = free_port()
        self._profile = options.folder.resolve() / "profile"
        link, rate = f"http://127.0.0.1:{self._port}/", options.per_second
        self.labeller: BrowserLabeller | OracleLabeller = (
            BrowserLabeller(link, self._profile, rate)
            if in_browser
            else OracleLabeller(link, self.folder, rate)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Literal["train", "resume"]) -> None:
        """Start the run, or go on with it."""
        options = self._options
        words = [command, self._name, "--port", self._port]
        if command == "train":
            words = [command, options.env, "--out", self._name, "--port", self._port]
            words += ["--teacher", "human", "--labels", options.labels, "--steps", options.steps]
            words += ["--seed", options.seed]
        with (options.folder / f"{self._name}.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "prefrl.agents.cli", *map(str, words)],
                cwd=options.folder,
                env=single_threaded(),
                stdout=log,
                stderr=log,
            )

    @contextlib.contextmanager
    def labelled(self) -> Iterator[None]:
        """Label meanwhile."""
        thread = threading.Thread(target=self.labeller.run, kwargs={"again": lambda _: True})
        thread.start()
        try:
            yield
        finally:
            self.labeller.stop()
            self.trainer.kill()
            self.trainer.wait()
            thread.join()

    @property
    def trainer(self) -> "subprocess.Popen[bytes]":
        """The process that trains."""
        assert self._process is not None
        return self._process

    def wait_for_labels(self, seconds: float) -> bool:
        """Wait until labelling has gone on for so long; return whether it has."""
        before, deadline = len(self.labeller.confirmed), time.monotonic() + PATIENCE
        while len(self.labeller.confirmed) == before:
            if time.monotonic() > deadline or self.trainer.poll() is not None:
                return False
            time.sleep(0.01)
        time.sleep(seconds)
        return self.trainer.poll() is None

    def kill(self, target: Target) -> None:
        """Kill a part, and see to it that it comes back."""
        if target == "trainer":
            self.trainer.kill()
            self.trainer.wait()
            self.start("resume")
            return
        patterns = {
            "server": f"prefrl.labelling.server.*port.: {self._port}[^0-9]",
            "browser": f"user-data-dir={self._profile}",
        }
        for process in processes(patterns[target]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def lost(self, confirmed: dict[tuple[int, ...], str]) -> list[tuple[int, ...]]:
        """Return the questions whose confirmed verdict is not the one that stands."""
        stored = stored_verdicts(self.folder, self._name)
        return [key for key, verdict in confirmed.items() if stored.get(key) != verdict]

    def end(self) -> list[str]:
        """Wait for the run's end; return what is wrong with it."""
        try:
            status = self.trainer.wait(15 * PATIENCE)
        except subprocess.TimeoutExpired:
            return [f"{self._name}: the run does not end: {self.state()}"]
        if status:
            return [f"{self._name}: the run ended with status {status}: {self.state()}"]
        confirmed = dict(self.labeller.confirmed)
        labels = json.loads((self.folder / "result.json").read_text())["labels"]
        kept = json.loads((newest_checkpoint(self.folder) / "preferences.json").read_text())
        fitted = {tuple(key[1:]) for key in kept["keys"]}
        firsts = [key for key, said in confirmed.items() if key[2] == 0 and said != "skip"]
        unfitted = [key for key in firsts if key not in fitted]
        print(
            f"{self._name}: the run ended with {labels} labels, {len(confirmed)} confirmed, "
            f"{len(fitted)} fitted, re-asks among them",
            flush=True,
        )
        faults = [f"label {key} at the end" for key in self.lost(confirmed)]
        faults += [f"label {key} is not fitted" for key in unfitted]
        return faults + ([f"{labels} labels"] if labels != self._options.labels else [])

    def state(self) -> str:
        """Return the last line that the run printed."""
        lines = (self._options.folder / f"{self._name}.log").read_text().splitlines()
        return lines[-1] if lines else "nothing was printed"


def processes(pattern: str) -> list[int]:
    """Return the processes whose command line matches."""
    found = subprocess.run(["pgrep", "-f", "--", pattern], check=False, capture_output=True)
    return [int(number) for number in found.stdout.split()]


if __name__ == "__main__":
    main()
