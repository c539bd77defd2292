"""Rankings of several segments, as the comparisons that they hold."""

from collections.abc import Sequence
from itertools import combinations

from prefrl.queries import Comparison, Query, QueryKey
from prefrl.segments import Segment


def ranking_comparisons(
    ranked: Sequence[Segment], key: QueryKey, *, strategy: str = "uniform", agent_step: int = 0
) -> list[Comparison]:
    """Return a comparison for every pair of a ranking.

    Ouyang et al. 2022, section 3.5: the loss of a ranking is that of its K (K − 1) / 2 pairs, which
    must not be spread over what is trained on and what is held out; they share their question, so
    they do not (see `bootstrap_counts`).

    Args:
        ranked: K ≥ 2 segments of one group, the best first.
        key: The question's; the pairs' differ in `repeat`, from that of the question on.
        strategy: Of the question.
        agent_step: Of the question.

    Raises:
        ValueError: If there are fewer than two segments, or they are of different groups.
    """
    if len(ranked) < 2:
        raise ValueError("a ranking has at least two segments")
    return [
        Comparison(
            Query(
                QueryKey(key.run, key.round, key.index, key.repeat + place),
                pair,
                strategy,
                agent_step,
            ),
            0,
        )
        for place, pair in enumerate(combinations(ranked, 2))
    ]
