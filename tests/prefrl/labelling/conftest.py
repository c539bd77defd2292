"""A store with questions that the tests of the labelling page share."""

from collections.abc import Callable

import pytest

from prefrl.labelling.ledger import Ledger, Submission
from prefrl.queries import Query, QueryKey, Verdict
from prefrl.segments import Segment
from prefrl.store import LabelStore


@pytest.fixture
def ledger(store: LabelStore, make_segment: Callable[..., Segment]) -> Ledger:
    """Eight open questions, of indices 0 to 7, on pairs of returns (index, 100)."""
    pairs = [(make_segment([float(index)]), make_segment([100.0])) for index in range(8)]
    keys = [QueryKey("run", 0, index) for index in range(8)]
    store.ask([Query(key, pair) for key, pair in zip(keys, pairs, strict=True)])
    return Ledger(store, "run")


def _submission(
    index: int, verdict: Verdict = 0, *, token: str = "", labeller: str = "ann", repeat: int = 0
) -> Submission:
    key = QueryKey("run", 0, index, repeat)
    return Submission(token or f"{labeller}-{index}-{repeat}", key, verdict, labeller, 2.0, 0)


@pytest.fixture
def submission() -> Callable[..., Submission]:
    """Make a verdict on the question of an index."""
    return _submission
