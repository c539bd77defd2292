"""How a budget of labels is spread over the rounds of a run."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

Schedule: TypeAlias = Literal["constant", "decaying"]

DECAY_HALF_LIFE = 0.2
"""Share of a run after which the decaying schedule asks at half its first rate.

Christiano et al. 2017 (appendix A.1) ask at a rate proportional to 2e6 / (T + 2e6) after T frames;
here the constant 2e6 is scaled to a run's length, as if theirs were 1e7 frames long.
"""


def label_counts(
    budget: int,
    round_starts: Sequence[float],
    *,
    schedule: Schedule = "decaying",
    initial_share: float = 0.25,
) -> list[int]:
    """Return how many labels each round asks for.

    Args:
        budget: Labels in all, at least 0.
        round_starts: For each round that asks, the share of the run's steps that has been taken
            when it asks, ascending in [0, 1). The first round asks about the initial policy.
        schedule: "constant" asks equally often in all later rounds; "decaying" less and less often.
        initial_share: Share of the budget that the first round asks, in [0, 1]. Christiano et al.
            2017 (appendix A.1) ask 25 % about the initial policy.

    Returns:
        One count per round; they add up to the budget.
    """
    shares = np.asarray(round_starts, float)
    rates = np.ones_like(shares)
    if schedule == "decaying":
        rates = DECAY_HALF_LIFE / (shares + DECAY_HALF_LIFE)
    if len(shares) == 1:
        return [budget]
    rates[0] = 0
    weights = rates / rates.sum() * (1 - initial_share)
    weights[0] = initial_share
    totals = np.round(budget * np.cumsum(weights)).astype(int)
    if initial_share > 0:
        totals = np.maximum(totals, min(budget, 1))  # what follows trains on the first fit
    return [int(count) for count in np.diff(totals, prepend=0)]
