"""Twenty labellers on one run: no pair answered twice, no error, flat memory, fast answers.

    python tests/benchmarks/page_load.py --seconds 600

Each labeller is a program with a connection of its own that fetches pairs, loads their clips and
posts a verdict by the page's requests about every two seconds, and looks at the header as the page
does. All clips are drawn beforehand. Ends with status 1 if a verdict is lost, doubled or refused.
"""

import contextlib
import random
import shutil
import statistics
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
import tyro
from page_client import PageClient, stored_verdicts
from page_runs import RUN, ask_pairs, draw_all, page_settings, random_segments

from prefrl import store_tables as tables
from prefrl.labelling.server import PageSettings, served_beside
from prefrl.queries import QueryKey
from prefrl.store import LabelStore, question_key


@dataclass(frozen=True)
class Options:
    """Who labels, and how long."""

    labellers: int = 20
    """Labellers at once."""
    seconds: float = 600.0
    """How long they label."""
    pause: float = 2.0
    """Seconds that a labeller takes for a verdict, on average."""
    folder: Path = Path(".benchmarks/page_load")
    """Where the pairs are kept; what is there is removed first."""


@dataclass
class Account:
    """What the labellers saw, together."""

    confirmed: dict[tuple[int, ...], str] = field(default_factory=dict)
    twice: int = 0
    waits: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, key: tuple[int, ...], verdict: str, status: int, wait: float) -> None:
        """Take in what the server said to a verdict."""
        with self.lock:
            self.statuses[status] += 1
            self.waits.append(wait)
            if status == 200:
                self.twice += key in self.confirmed
                self.confirmed[key] = verdict


def main() -> None:
    """Let them label, and say how it went."""
    options = tyro.cli(Options)
    settings = prepare(options)
    account, memory = label(options, settings)
    stored = stored_verdicts(options.folder, RUN)
    doubled = [key for key, count in verdict_counts(options.folder).items() if count > 1]
    waits = sorted(1000 * wait for wait in account.waits)
    p95 = waits[int(0.95 * len(waits))]
    print(f"{len(waits)} verdicts, statuses {dict(account.statuses)}")
    print(f"post: median {statistics.median(waits):.1f} ms, p95 {p95:.1f} ms")
    print(
        f"answered twice: {len(doubled) + account.twice}, equal to the store: "
        f"{account.confirmed == stored}"
    )
    print(f"server's memory in MiB: {', '.join(f'{size:.0f}' for size in memory)}")
    good = account.confirmed == stored and not doubled and set(account.statuses) == {200}
    sys.exit(not good)


def prepare(options: Options) -> PageSettings:
    """Return a page with enough pairs, whose clips are drawn."""
    env_id = "prefrl.envs:prefrl/HalfCheetah-v0"
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    pairs = int(1.5 * options.labellers * (options.seconds / options.pause + 4))
    ask_pairs(options.folder, random_segments(env_id, 60, length=30), pairs)
    print(f"{pairs} pairs, drawn in {draw_all(options.folder, env_id, 'mp4'):.0f} s", flush=True)
    return page_settings(options.folder, env_id, pairs)


def label(options: Options, settings: PageSettings) -> tuple[Account, list[float]]:
    """Return what the labellers saw, and the server's memory over time, in MiB."""
    account, stop, memory = Account(), threading.Event(), []
    with served_beside(settings):
        threads = [
            threading.Thread(
                target=sit, args=(settings, f"labeller {number}", options, account, stop)
            )
            for number in range(options.labellers)
        ]
        for thread in threads:
            thread.start()
        for _ in range(10):
            stop.wait(options.seconds / 10)
            memory.append(resident_mebibytes(settings))
        stop.set()
        for thread in threads:
            thread.join()
    return account, memory


def sit(
    settings: PageSettings, name: str, options: Options, account: Account, stop: threading.Event
) -> None:
    """Label until told to stop."""
    moments = random.Random(name)
    with contextlib.closing(PageClient(settings.link, name)) as page:
        while not stop.is_set():
            answer_one(page, moments, options, account, stop)


def answer_one(
    page: PageClient,
    moments: random.Random,
    options: Options,
    account: Account,
    stop: threading.Event,
) -> None:
    """Fetch pairs, watch the first one, and post a verdict."""
    given = page.pairs()["pairs"]
    page.status()
    if not given:
        stop.wait(0.5)
        return
    page.watch(given[0])
    seconds = moments.uniform(0.5, 1.5) * options.pause
    stop.wait(seconds)
    verdict = moments.choice(["left", "right", "tie", "skip"])
    status, wait = page.answer(given[0], verdict, seconds)
    account.note(tuple(given[0]["key"]), verdict, status, wait)


def resident_mebibytes(settings: PageSettings) -> float:
    """Return the memory of the server's process, in MiB."""
    pattern = f"prefrl.labelling.server.*{settings.folder}"
    found = subprocess.run(["pgrep", "-f", pattern], check=True, capture_output=True).stdout.split()
    lines = Path(f"/proc/{int(found[0])}/status").read_text().splitlines()
    kibibytes = next(line for line in lines if line.startswith("VmRSS")).split()[1]
    return int(kibibytes) / 1024


def verdict_counts(folder: Path) -> Counter[QueryKey]:
    """Return how many rows of verdicts each question has."""
    store = LabelStore(folder / "labels.sqlite")
    with store.transaction() as connection:
        rows = connection.execute(sa.select(tables.verdicts)).mappings()
        counts = Counter(map(question_key, rows))
    store.close()
    return counts


if __name__ == "__main__":
    main()
