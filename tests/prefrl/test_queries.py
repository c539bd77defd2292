"""Tests of prefrl.queries."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.queries import Choice, Query, QueryKey, most_disputed, uniform_choices
from prefrl.segments import Segment

MakeSegment = Callable[..., Segment]


def test_a_query_needs_two_segments(make_segment: MakeSegment) -> None:
    with pytest.raises(ValueError, match="at least two"):
        Query(QueryKey("run", 0, 0), (make_segment(),))


def test_a_query_stays_within_a_group(make_segment: MakeSegment) -> None:
    with pytest.raises(ValueError, match="one group"):
        Query(QueryKey("run", 0, 0), (make_segment(group="a"), make_segment(group="b")))


def test_keys_are_ordered_by_round_then_index_then_repeat() -> None:
    cells = [(1, 0, 0), (0, 10, 1), (0, 2, 0), (0, 10, 0)]
    keys = sorted(QueryKey("run", *cell) for cell in cells)
    assert [(key.round, key.index, key.repeat) for key in keys] == sorted(cells)


@given(
    st.lists(st.sampled_from("abc"), min_size=9, max_size=20),
    st.integers(0, 8),
    st.integers(2, 3),
    st.integers(0, 99),
)
def test_uniform_choices_respect_groups_and_never_repeat_a_segment(
    make_segment: MakeSegment, groups: list[str], count: int, size: int, seed: int
) -> None:
    segments = [make_segment(group=group) for group in groups]
    choices = uniform_choices(segments, count, np.random.default_rng(seed), size)
    assert len(choices) == count
    for choice in choices:
        assert len({segment.group for segment in choice}) == 1
        assert len({id(segment) for segment in choice}) == size


def test_every_segment_is_equally_likely(make_segment: MakeSegment) -> None:
    segments = [make_segment([float(value)], group="ab"[value % 3 > 0]) for value in range(9)]
    choices = uniform_choices(segments, 4500, np.random.default_rng(0))
    seen = Counter(choice[0].true_return for choice in choices)
    assert all(abs(count - 500) < 5 * 500**0.5 for count in seen.values())
    assert len(seen) == 9


def test_groups_that_are_too_small_are_left_out(make_segment: MakeSegment) -> None:
    segments = [make_segment(group=group) for group in "abbc"]
    choices = uniform_choices(segments, 20, np.random.default_rng(0))
    assert {choice[0].group for choice in choices} == {"b"}


@pytest.mark.parametrize("groups", ["", "a", "abc"])
def test_uniform_choices_need_a_group_large_enough(make_segment: MakeSegment, groups: str) -> None:
    segments = [make_segment(group=group) for group in groups]
    with pytest.raises(ValueError, match="no group of segments has the 2"):
        uniform_choices(segments, 1, np.random.default_rng(0))


def test_choices_repeat_under_a_seed(make_segment: MakeSegment) -> None:
    segments = [make_segment([float(value)]) for value in range(20)]
    first, again = (uniform_choices(segments, 10, np.random.default_rng(4)) for _ in range(2))
    assert first == again


def planted(choices: Sequence[Choice]) -> np.ndarray:
    """Two members that differ about a choice as its first segment's return says."""
    gaps = np.array([choice[0].true_return for choice in choices])
    first = np.stack([0.5 + gaps / 2, 0.5 - gaps / 2], -1)
    return np.stack([first, 1 - first])


def test_the_most_disputed_choices_are_kept_in_order(make_segment: MakeSegment) -> None:
    other = make_segment([0.0])
    choices = [(make_segment([gap]), other) for gap in (0.1, 0.9, 0.0, 0.5)]
    kept = most_disputed(choices, 2, planted)
    assert kept == [choices[1], choices[3]]


def test_equally_disputed_choices_keep_their_order(make_segment: MakeSegment) -> None:
    choices = [(make_segment([0.5]), make_segment()) for _ in range(30)]
    assert most_disputed(choices, 30, planted) == choices
