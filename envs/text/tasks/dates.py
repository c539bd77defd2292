"""Sentences that should hold a date: a toy of RL4LMs (Ramamurthy et al. 2022)."""

import re

import numpy as np

from .documents import Document, generate_prompts, pick

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""RL4LMs' pattern; whether the calendar has the day does not matter."""

DATED = 0.2
"""How many sentences of the corpus have a date."""

EVENTS = ("meeting", "wedding", "concert", "exam", "fair", "match", "trip", "vote", "party")
WHOSE = ("the", "our", "their", "her", "his", "this year's", "the next", "the last")
VERBS = ("is", "was", "will be", "took place", "may be held", "was moved to", "ended")
VAGUE = ("soon", "in spring", "next week", "on monday", "in the town hall", "at noon", "by the sea")
REMARKS = ("everyone is welcome", "bring some food", "it may rain", "we look forward to it")


def write(generator: np.random.Generator) -> Document:
    """Write when something happens, vaguely or by its date, and maybe a remark."""
    prompt = f"{pick(generator, WHOSE)} {pick(generator, EVENTS)} {pick(generator, VERBS)}"
    when = _date(generator) if generator.random() < DATED else pick(generator, VAGUE)
    remark = f" {pick(generator, REMARKS)} ." if generator.random() < 0.5 else ""
    return Document(prompt, f" {when} .{remark}")


def prompts(seed: int) -> list[str]:
    """Return what happens, without its time."""
    return generate_prompts(write, seed)


def score(prompt: str, continuation: str) -> float:
    """Return 1 if a continuation has a date of the form YYYY-MM-DD, else 0."""
    return float(DATE.search(continuation) is not None)


def _date(generator: np.random.Generator) -> str:
    year, month, day = (int(generator.integers(*bounds)) for bounds in _BOUNDS)
    return f"on {year}-{month:02}-{day:02}"


_BOUNDS = ((1990, 2030), (1, 13), (1, 29))
