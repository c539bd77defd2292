"""What a report says of the people who answered: how reliable they are, and how far they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prefrl.agents.page import needs_people
from prefrl.agents.run_folder import open_store
from prefrl.agents.settings import RunSettings
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.quality import (
    TOO_FAST_SECONDS,
    Agreement,
    Reliability,
    agreement,
    agreements,
    reliability,
)

from .charts import wilson
from .diagnostics import Diagnostic


@dataclass(frozen=True)
class Labellers:
    """The people who answered.

    Attributes:
        diagnostics: What is said of all of them together.
        each: How each of them answers, by name, those with most answers first.
        agreements: How far every two of them agree, by their names.
    """

    diagnostics: Sequence[Diagnostic]
    each: Sequence[tuple[str, Reliability]]
    agreements: Mapping[tuple[str, str], Agreement]


def read_labellers(folder: Path, settings: RunSettings) -> Labellers | None:
    """Return what can be said of the people who answered a run's questions.

    Args:
        folder: The run's folder.
        settings: The run's.

    Returns:
        None where people were not asked, or have not answered yet.
    """
    if not needs_people(settings):
        return None
    store = open_store(folder)
    questions = Ledger(store, settings.run).questions()
    store.close()
    everybody = reliability(questions)
    if everybody is None:
        return None
    names = {q.standing.labeller for q in questions if q.standing is not None}
    found = [(name, reliability(questions, name)) for name in sorted(names)]
    each = [(name, one) for name, one in found if one is not None]
    return Labellers(
        diagnostics=[
            consistency_diagnostic(everybody),
            agreement_diagnostic(agreement(questions), len(each)),
            position_diagnostic(everybody),
            speed_diagnostic(everybody),
        ],
        each=sorted(each, key=lambda one: -one[1].answers),
        agreements=agreements(questions),
    )


def consistency_diagnostic(everybody: Reliability) -> Diagnostic:
    """Return whether people say the same when they are asked again."""
    name = "Agreement with oneself"
    share, pairs = everybody.self_consistency, everybody.asked_again
    if share is None:
        return Diagnostic(name, "unknown", "Nobody has answered a pair twice yet.")
    return Diagnostic(
        name,
        value=f"{share:.0%} of {_count(pairs, 'pair')}",
        text=(
            "About one pair in twenty is asked again later, with its sides swapped. This is how "
            "often the same person then said the same; someone who guesses says it half of the "
            "time."
        ),
        note=_interval(share, pairs),
    )


def agreement_diagnostic(found: Agreement | None, labellers: int) -> Diagnostic:
    """Return how far people agree with each other.

    Args:
        found: Of all who answered the same pairs.
        labellers: How many people answered.
    """
    name = "Agreement with others"
    if labellers < 2:
        return Diagnostic(name, "unknown", "One person answered, so there is nobody to agree with.")
    if found is None:
        return Diagnostic(name, "unknown", "No pair has been answered by two people yet.")
    return Diagnostic(
        name,
        value="κ unknown" if found.kappa is None else f"κ {found.kappa:.2f}".replace("-", "−"),
        text=(
            f"Two people said the same of {found.same} of {_count(found.pairs, 'pair')} that both "
            "answered. Cohen's kappa is what that is beyond chance: 1 is full agreement, 0 is "
            "chance."
        ),
        note="Every two people are counted in one table." if labellers > 2 else "",
    )


def position_diagnostic(everybody: Reliability) -> Diagnostic:
    """Return whether people prefer a side, whatever it shows."""
    name = "Sides"
    share, choices = everybody.left_share, everybody.choices
    if share is None:
        return Diagnostic(name, "unknown", "No side has been chosen yet.")
    return Diagnostic(
        name,
        value=f"{share:.0%} left",
        text=(
            f"Of {_count(choices, 'choice')}, so many fell on the left. Sides are shuffled, so it "
            "is about half unless people prefer a side whatever it shows."
        ),
        note=_interval(share, choices),
    )


def speed_diagnostic(everybody: Reliability) -> Diagnostic:
    """Return whether people took the time to look."""
    return Diagnostic(
        name="Speed",
        value=f"{everybody.too_fast_share:.0%} too fast",
        text=(
            f"Of {_count(everybody.answers, 'answer')}, so many took less than {TOO_FAST_SECONDS} "
            f"s, too little to see both; the median is {everybody.median_seconds:.1f} s."
        ),
    )


def _interval(share: float, count: int) -> str:
    low, high = wilson(np.array(share), np.array(count))
    return f"95% interval: {low:.0%} to {high:.0%}."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
