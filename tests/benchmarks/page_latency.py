"""How long it takes from a key press until both next clips play, and whether fast presses are lost.

    python tests/benchmarks/page_latency.py

Pairs of HalfCheetah are drawn beforehand; headless Chromium presses 100 keys, each when the pair
before has played a moment, and then 100 more, ten a second, whatever is shown. Clips count as
playing once the time of both has moved on, as the page's animation frames see it.
"""

import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from page_browser import begin, browser_page, shown_pair, wait_until_saved
from page_client import stored_verdicts
from page_runs import RUN, ask_pairs, draw_all, page_settings, random_segments

from prefrl.labelling.server import served_beside

WATCH = """() => {
    window.waits = [];
    const clips = document.querySelector("#clips");
    document.addEventListener("keydown", (event) => {
        const before = clips.dataset.pair;
        const look = () => {
            const shown = [...document.querySelectorAll(".stage > :not(.later)")];
            const plays = shown.every((clip) => !clip.paused && clip.currentTime > 0);
            if (shown.length < 2 || clips.dataset.pair === before || !plays) {
                requestAnimationFrame(look);
            } else {
                window.waits.push(performance.now() - event.timeStamp);
            }
        };
        look();
    }, true);
}"""

IGNORED = """() => {
    const said = document.querySelector("#note").textContent;
    return said.includes("ignored");
}"""


@dataclass(frozen=True)
class Options:
    """How much to press."""

    presses: int = 100
    """Key presses of each kind."""
    pause: float = 0.3
    """Seconds that a pair plays before its key is pressed."""
    folder: Path = Path(".benchmarks/page_latency")
    """Where the pairs are kept; what is there is removed first."""


def main() -> None:
    """Press keys and time what follows."""
    options = tyro.cli(Options)
    settings = prepare(options.folder, 2 * options.presses + 10)
    with served_beside(settings), browser_page() as page:
        begin(page, settings.link)
        waits = press_slowly(page, options.presses, options.pause)
        ordered = sorted(waits)
        p95 = ordered[int(0.95 * len(waits))]
        print(
            f"key press to both next clips playing, {len(waits)} presses: median "
            f"{statistics.median(waits):.1f} ms, p95 {p95:.1f} ms, most {ordered[-1]:.1f} ms",
            flush=True,
        )
        wait_until_saved(page)
        before = len(stored_verdicts(options.folder, RUN))
        ignored, seconds = press_fast(page, options.presses)
        wait_until_saved(page)
    saved = len(stored_verdicts(options.folder, RUN)) - before
    lost = options.presses - saved - ignored
    print(
        f"{options.presses} presses in {seconds:.1f} s: {saved} saved, "
        f"{ignored} ignored and said so, {lost} lost"
    )
    sys.exit(bool(lost) or before != options.presses)


def prepare(folder: Path, pairs: int) -> Any:
    """Return a page of HalfCheetah's pairs whose clips are drawn."""
    env_id = "prefrl.envs:prefrl/HalfCheetah-v0"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ask_pairs(folder, random_segments(env_id, 60, length=30), pairs)
    print(f"drawn in {draw_all(folder, env_id, 'mp4'):.1f} s", flush=True)
    return page_settings(folder, env_id, pairs)


def press_slowly(page: Any, presses: int, pause: float) -> list[float]:
    """Press keys as people do, and return how long the next clips took, in milliseconds."""
    shown_pair(page)
    page.evaluate(WATCH)
    for number in range(presses):
        shown_pair(page)
        page.wait_for_timeout(1000 * pause)
        page.keyboard.press(["ArrowLeft", "ArrowRight"][number % 2])
    page.wait_for_function("count => window.waits.length === count", arg=presses)
    waits: list[float] = page.evaluate("() => window.waits")
    return waits


def press_fast(page: Any, presses: int) -> tuple[int, float]:
    """Press ten keys a second; return how many were ignored, by the page's words, and seconds."""
    ignored, began = 0, time.monotonic()
    for number in range(presses):
        time.sleep(max(0.0, began + number / 10 - time.monotonic()))
        page.evaluate("() => { document.querySelector('#note').textContent = ''; }")
        page.keyboard.press("ArrowUp")
        ignored += page.evaluate(IGNORED)
    return ignored, time.monotonic() - began


if __name__ == "__main__":
    main()
