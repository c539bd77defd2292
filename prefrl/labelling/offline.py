"""Questions about a run that is not being trained, from the segments of its checkpoint."""

from pathlib import Path

from prefrl.errors import UserError
from prefrl.pool import SegmentPool
from prefrl.queries import Query, QueryKey, uniform_choices
from prefrl.seeding import generator
from prefrl.store import LabelStore


def ask_from_pool(
    store: LabelStore, run: str, checkpoint: Path, count: int, *, round_index: int, seed: int
) -> int:
    """Ask about random pairs of the segments that a checkpoint holds.

    Args:
        store: Where to ask.
        run: The run's name.
        checkpoint: The folder of the checkpoint.
        count: How many questions.
        round_index: The round that the questions count to, the one after the checkpoint.
        seed: Determines the pairs.

    Returns:
        How many questions were asked.

    Raises:
        UserError: If the checkpoint holds too few segments.
    """
    pool = SegmentPool()
    pool.load(checkpoint / "pool.npz")
    keys = [label.query.key for label in store.labels(run)]
    first = sum(key.round == round_index and key.repeat == 0 for key in keys)
    rng = generator(seed, "offline", round_index, first)
    try:
        choices = uniform_choices(list(pool), count, rng)
    except ValueError as error:
        raise UserError(f"{checkpoint} holds too few segments to ask about: {error}") from error
    queries = [
        Query(QueryKey(run, round_index, first + index), choice)
        for index, choice in enumerate(choices)
    ]
    return len(store.ask(queries)[1])
