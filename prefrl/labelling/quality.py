"""How reliable verdicts are: shown to people, never enforced."""

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prefrl.labelling.asked_questions import AskedQuestion, Standing
from prefrl.queries import Verdict

TOO_FAST_SECONDS = 0.8
"""Answers below this are too fast to have seen both clips, in seconds."""


@dataclass(frozen=True)
class Reliability:
    """How somebody answers, or all together.

    Attributes:
        answers: Verdicts that stand, "can't tell" among them.
        median_seconds: How long an answer takes.
        too_fast_share: Share of answers given in less than `TOO_FAST_SECONDS`.
        choices: Answers that chose a side.
        left_share: Share of choices that fell on the left one, or None; 0.5 without position bias.
        asked_again: Pairs that the same labeller decided twice.
        self_consistency: Share of these with the same verdict both times, or None.
    """

    answers: int
    median_seconds: float
    too_fast_share: float
    choices: int
    left_share: float | None
    asked_again: int
    self_consistency: float | None


@dataclass(frozen=True)
class Agreement:
    """How far two people say the same.

    Attributes:
        pairs: Pairs that both decided.
        same: How many of these they said the same of.
        kappa: Cohen's, or None; see `cohens_kappa`.
    """

    pairs: int
    same: int
    kappa: float | None


def reliability(
    questions: Sequence[AskedQuestion], labeller: str | None = None
) -> Reliability | None:
    """Return how somebody answers.

    Args:
        questions: All questions of a run.
        labeller: Who; all labellers by default.

    Returns:
        None without answers.
    """
    found = [q.standing for q in questions if q.standing is not None]
    standing = [one for one in found if labeller in (None, one.labeller)]
    if not standing:
        return None
    chosen = [one for one in standing if isinstance(one.verdict, int)]
    own = [two for two in _decided_twice(questions) if two[0].labeller == two[1].labeller]
    same = [a.verdict == b.verdict for a, b in own if labeller in (None, a.labeller)]
    return Reliability(
        answers=len(standing),
        median_seconds=statistics.median(one.seconds for one in standing),
        too_fast_share=sum(one.seconds < TOO_FAST_SECONDS for one in standing) / len(standing),
        choices=len(chosen),
        left_share=_share([one.verdict == one.shown_left for one in chosen]),
        asked_again=len(same),
        self_consistency=_share(same),
    )


def agreement(questions: Sequence[AskedQuestion]) -> Agreement | None:
    """Return how far labellers agree, every two of them counted in one table.

    Args:
        questions: All questions of a run.

    Returns:
        None where no pair was decided by two labellers.
    """
    said = [verdicts for two in _said_by_two(questions).values() for verdicts in two]
    return _agreement(said) if said else None


def agreements(questions: Sequence[AskedQuestion]) -> dict[tuple[str, str], Agreement]:
    """Return how far every two labellers agree, by their names, who decided some of the same pairs.

    Args:
        questions: All questions of a run.
    """
    return {names: _agreement(said) for names, said in sorted(_said_by_two(questions).items())}


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


def _agreement(said: Sequence[tuple[Verdict, Verdict]]) -> Agreement:
    one, other = zip(*said, strict=True)
    return Agreement(len(said), sum(a == b for a, b in said), cohens_kappa(one, other))


def _said_by_two(
    questions: Sequence[AskedQuestion],
) -> dict[tuple[str, str], list[tuple[Verdict, Verdict]]]:
    said: dict[tuple[str, str], list[tuple[Verdict, Verdict]]] = defaultdict(list)
    for two in _decided_twice(questions):
        first, second = sorted(two, key=lambda standing: standing.labeller)
        if first.labeller != second.labeller:
            said[first.labeller, second.labeller].append((first.verdict, second.verdict))
    return said


def _decided_twice(questions: Sequence[AskedQuestion]) -> list[tuple[Standing, Standing]]:
    """Return the answers to each pair and its re-asks, two by two; "can't tell" decides nothing."""
    decided: dict[object, list[Standing]] = defaultdict(list)
    for question in questions:
        if question.standing is not None and question.standing.verdict != "skip":
            decided[replace(question.key, repeat=0)].append(question.standing)
    return [two for given in decided.values() for two in itertools.combinations(given, 2)]


def _share(outcomes: Sequence[bool]) -> float | None:
    return sum(outcomes) / len(outcomes) if outcomes else None
