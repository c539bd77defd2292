"""How reliable verdicts are: shown to people, never enforced."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from prefrl.labelling.asked_questions import AskedQuestion, Standing
from prefrl.queries import QueryKey, Verdict

TOO_FAST_SECONDS = 0.8
"""Answers below this are too fast to have seen both clips, in seconds."""


def self_consistency(questions: Sequence[AskedQuestion]) -> float | None:
    """Return the share of re-asked pairs that got the same verdict twice, in [0, 1].

    Pairs that a labeller could not tell about at either time are left out.

    Args:
        questions: All questions of a run.

    Returns:
        None where there are no such pairs.
    """
    verdicts = _verdicts(questions)
    pairs = [
        (verdicts[replace(key, repeat=0)], verdict)
        for key, verdict in verdicts.items()
        if key.repeat and replace(key, repeat=0) in verdicts
    ]
    decided = [pair for pair in pairs if "skip" not in pair]
    return _share([one == other for one, other in decided])


def cohens_kappa(one: Sequence[Verdict], other: Sequence[Verdict]) -> float | None:
    """Return how much more two labellers agree than chance would, at most 1.

    Cohen 1960, "A coefficient of agreement for nominal scales": (p_o − p_e) ÷ (1 − p_e).

    Args:
        one: A labeller's verdicts.
        other: Another's verdicts on the same questions, in the same order.

    Returns:
        None without verdicts, or where both always say the same one thing.
    """
    if not one:
        return None
    observed = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
    counts, others = Counter(one), Counter(other)
    expected = sum(counts[verdict] * others[verdict] for verdict in counts) / len(one) ** 2
    return None if math.isclose(expected, 1) else (observed - expected) / (1 - expected)


def left_share(standing: Sequence[Standing]) -> float | None:
    """Return the share of choices that fell on the left clip; 0.5 without position bias."""
    chosen = [verdict for verdict in standing if isinstance(verdict.verdict, int)]
    return _share([verdict.verdict == verdict.shown_left for verdict in chosen])


def too_fast_share(standing: Sequence[Standing]) -> float | None:
    """Return the share of verdicts given in less than `TOO_FAST_SECONDS`."""
    return _share([verdict.seconds < TOO_FAST_SECONDS for verdict in standing])


def _verdicts(questions: Sequence[AskedQuestion]) -> dict[QueryKey, Verdict]:
    return {q.key: q.standing.verdict for q in questions if q.standing is not None}


def _share(outcomes: Sequence[bool]) -> float | None:
    return sum(outcomes) / len(outcomes) if outcomes else None
