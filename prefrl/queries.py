"""Queries: which segments to compare."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from prefrl.segments import Segment

Verdict: TypeAlias = int | Literal["tie", "skip"]
"""The index of the best segment, or "tie" (equally good), or "skip" (can't tell)."""

Choice: TypeAlias = tuple[Segment, ...]
"""Two or more segments of one group."""

Strategy: TypeAlias = Literal["uniform", "disagreement"]


@dataclass(frozen=True, order=True)
class QueryKey:
    """What makes a question one and the same when a resumed run asks it again.

    Attributes:
        run: The run's name.
        round: The round of training that asked.
        index: The question's place in the round.
        repeat: 0 for the first asking, 1 and up for re-asks of the same segments.
    """

    run: str
    round: int
    index: int
    repeat: int = 0


@dataclass(frozen=True, eq=False)
class Query:
    """A question to a teacher: which of these segments is best?

    Attributes:
        key: The question's identity.
        segments: k ≥ 2 segments of the same group.
        strategy: The name of the strategy that picked them.
        agent_step: Environment steps that the agent had taken.
        asked_at: When it was asked, in seconds since 1970.
    """

    key: QueryKey
    segments: Choice
    strategy: str = "uniform"
    agent_step: int = 0
    asked_at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        """Check the number of segments and their groups.

        Raises:
            ValueError: If there are fewer than two segments, or they are of different groups.
        """
        if len(self.segments) < 2:
            raise ValueError("a query compares at least two segments")
        if len({segment.group for segment in self.segments}) > 1:
            raise ValueError("a query compares segments of one group")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A query and its verdict."""

    query: Query
    verdict: Verdict


def uniform_choices(
    segments: Sequence[Segment], count: int, rng: np.random.Generator, size: int = 2
) -> list[Choice]:
    """Draw choices uniformly: a random segment, then others of its group without repetition.

    Args:
        segments: What to draw from.
        count: The number of choices to return, at least 0.
        rng: The source of randomness.
        size: Segments per choice k, at least 2.

    Raises:
        ValueError: If no group has `size` segments.
    """
    groups: dict[str, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(segment.group, []).append(segment)
    eligible = [group for group in groups.values() if len(group) >= size]
    if not eligible:
        raise ValueError(f"no group of segments has the {size} that a query compares")
    weights = np.array([len(group) for group in eligible], float)
    picks = rng.choice(len(eligible), size=count, p=weights / weights.sum())
    return [_draw(eligible[pick], size, rng) for pick in picks]


def most_disputed(
    choices: Sequence[Choice],
    count: int,
    probabilities: Callable[[Sequence[Choice]], np.ndarray],
) -> list[Choice]:
    """Keep the choices about which the ensemble's members disagree most.

    Christiano et al. 2017, section 2.2.4: the variance, over members, of the predicted preference.

    Args:
        choices: The candidates.
        count: How many to keep.
        probabilities: Gives each member's probability that each segment is the best one,
            `[members, choices, k]`.

    Returns:
        The kept choices, the most disputed first.
    """
    disagreement = probabilities(choices).var(axis=0).sum(axis=-1)
    order = np.argsort(-disagreement, kind="stable")
    return [choices[index] for index in order[:count]]


def _draw(group: Sequence[Segment], size: int, rng: np.random.Generator) -> Choice:
    return tuple(group[index] for index in rng.choice(len(group), size=size, replace=False))
