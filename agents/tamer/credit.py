"""Which placements feedback is about: the one that is shown, or several, by how late people are.

People answer late. The share of a piece of feedback that a placement gets is the probability that
the feedback was about a moment while the placement was shown, by a density of the delay (Knox and
Stone, K-CAP 2009).
"""

import math
from typing import Literal, TypeAlias

Credit: TypeAlias = Literal["previous", "gamma", "uniform"]
"""The placement that is shown gets all; or delays follow a density."""

GAMMA_SCALE = 0.28
"""Scale of the Gamma(2, 0.28) density of delays, in seconds; the paper's for Tetris."""

UNIFORM_START, UNIFORM_WIDTH = 0.2, 0.6
"""The shortest delay of the uniform density and its width, in seconds (Params.java)."""

REMAINDER = 1e-5
"""A placement that can get at most this share of further feedback is learned from
(CreditAssign.java, APPROX_ONE)."""


def delay_probability(credit: Credit, delay: float) -> float:
    """Return the probability of a delay of at most this many seconds."""
    if delay < 0:
        return 0.0
    if credit == "gamma":
        scaled = delay / GAMMA_SCALE
        return 1 - math.exp(-scaled) * (1 + scaled)
    if credit == "uniform":
        return min(max((delay - UNIFORM_START) / UNIFORM_WIDTH, 0.0), 1.0)
    return 1.0


def share(credit: Credit, shown_at: float, gone_at: float, said_at: float) -> float:
    """Return the share of delayed feedback that a placement gets, in [0, 1].

    Args:
        credit: The density of delays; without delays ("previous") all is of what is shown then.
        shown_at: When the placement was shown, in seconds.
        gone_at: When the next one was shown; infinity if none was.
        said_at: When the feedback was given.
    """
    earliest, latest = said_at - gone_at, said_at - shown_at
    return delay_probability(credit, latest) - delay_probability(credit, earliest)


def longest_delay(credit: Credit) -> float:
    """Return the seconds after which feedback is no longer about a placement that is gone."""
    if credit == "previous":
        return 0.0
    if credit == "uniform":
        return UNIFORM_START + UNIFORM_WIDTH
    low, high = 0.0, 100 * GAMMA_SCALE
    while high - low > 1e-3:
        middle = (low + high) / 2
        enough = 1 - delay_probability(credit, middle) <= REMAINDER
        low, high = (low, middle) if enough else (middle, high)
    return high
