"""A whole sitting on HalfCheetah, Tetris and a text task in headless Chromium, by keyboard.

    python tests/benchmarks/page_sitting.py

Thirty labels of each, with undo, tie, can't tell, pause and a reload in the middle; ends with
status 1 if a store does not hold exactly what was pressed. Screenshots are kept beside the stores.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from page_browser import KEYS, KeySitting, begin, browser_page, shown_pair, wait_until_saved
from page_client import stored_verdicts
from page_runs import RUN, ask_pairs, page_settings, random_segments, written_segments

from prefrl.labelling.server import served_beside
from prefrl.segments import Segment

FOLDER = Path(".benchmarks/page_sitting")

TASKS = {
    "HalfCheetah": "Prefer the one that runs to the right faster.",
    "Tetris": "Prefer the one that keeps the stack lower and flatter.",
    "SummariseFacts": "Prefer the one that says the three facts that matter most.",
}

VIEWS: dict[str, dict[str, Any]] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True},
}

LABELS = 30


def main() -> None:
    """Sit down to each domain, then take its pictures."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    wrong = []
    for name, task in TASKS.items():
        env_id = f"prefrl.envs:prefrl/{name}-v0"
        folder = FOLDER / name
        folder.mkdir(parents=True)
        ask_pairs(folder, segments(name, env_id), LABELS + 10)
        settings = page_settings(folder, env_id, LABELS + 10, task=task)
        with served_beside(settings):
            with browser_page() as page:
                begin(page, settings.link)
                said = sit(page)
            for view, window in VIEWS.items():
                for scheme in ("light", "dark"):
                    with browser_page(**window, color_scheme=scheme) as page:
                        photograph(page, settings.link, FOLDER / f"{name}-{view}-{scheme}.png")
        stored = stored_verdicts(folder, RUN)
        print(f"{name}: {len(said)} pressed, {len(stored)} stored, equal: {said == stored}")
        wrong += [name] if said != stored else []
    sys.exit(bool(wrong))


def segments(name: str, env_id: str) -> list[Segment]:
    """Return what is compared in a domain."""
    if name == "SummariseFacts":
        return written_segments(env_id, 60)
    return random_segments(env_id, 60, length=30 if name == "HalfCheetah" else 15)


def sit(page: Any) -> dict[tuple[int, ...], str]:
    """Label 30 pairs, and return what was pressed."""
    sitting, keys = KeySitting(page), list(KEYS)
    for number in range(12):
        sitting.press(keys[number % 4])
    for key in ("z", "Backspace", "z"):
        sitting.undo(key)
    page.keyboard.press("Space")
    for number in range(6):
        sitting.press(keys[number % 4])
    page.keyboard.press("Space")
    page.reload()
    shown_pair(page)
    for _ in range(11):  # more than ten deep, of which most were said before the reload
        sitting.undo()
    while len(sitting.said) < LABELS:
        sitting.press(keys[len(sitting.said) % 4])
    wait_until_saved(page)
    return sitting.said


def photograph(page: Any, link: str, path: Path) -> None:
    """Take a picture of a pair that plays."""
    begin(page, link)
    shown_pair(page)
    page.wait_for_timeout(1200)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
