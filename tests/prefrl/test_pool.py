"""Tests of prefrl.pool."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.origins import Origin
from prefrl.pool import SegmentPool
from prefrl.segments import Segment

MakeSegment = Callable[..., Segment]


def ids(pool: SegmentPool) -> list[str]:
    return [segment.id for segment in pool]


@given(st.lists(st.integers(1, 20), max_size=30))
def test_the_pool_keeps_the_newest_that_fit(make_segment: MakeSegment, lengths: list[int]) -> None:
    pool, added = SegmentPool(max_bytes=400), list[Segment]()
    for number, length in enumerate(lengths):
        added.append(make_segment([float(number)] * length))
        pool.add(added[-1])
        assert pool.nbytes == sum(segment.nbytes for segment in pool) <= 400
        assert list(pool) == added[len(added) - len(pool) :]
        dropped = added[: len(added) - len(pool)]
        assert not dropped or pool.nbytes + dropped[-1].nbytes > 400


def test_so_many_segments_stay_while_there_is_memory_at_all(
    make_segment: MakeSegment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefrl.pool.MOST_BYTES", 500)
    for picture, kept in ((0, 100 // 13), (37, 5), (137, 3)):  # a bare segment has 13 bytes
        pool = SegmentPool(max_bytes=100, least_segments=5)
        for number in range(20):
            pool.add(make_segment([float(number)], frames=(b"x" * picture,)))
        assert len(pool) == kept


def test_newest_gives_the_last_ones_oldest_first(make_segment: MakeSegment) -> None:
    pool = SegmentPool()
    segments = [make_segment([float(value)]) for value in range(4)]
    for segment in segments:
        pool.add(segment)
    assert pool.newest(2) == segments[2:]
    assert pool.newest(0) == []
    assert pool.newest(9) == segments


def test_saving_and_loading_keeps_content_and_order(
    make_segment: MakeSegment, tmp_path: Path
) -> None:
    pool = SegmentPool()
    for steps, group in [(2, "a"), (1, "b"), (2, "a"), (2, "longer"), (1, "b")]:
        pool.add(make_segment([float(len(pool))] * steps, group=group))
    pool.add(make_segment([9.0], observations={"x": np.ones(1)}, snapshots=np.ones((1, 4))))
    for seed in range(3):
        origin = Origin(seed, np.ones((seed, 2)))
        pool.add(make_segment([float(seed)], origin=origin, frames=(b"abc",) * (seed + 1)))
    pool.save(tmp_path / "pool.npz")
    other = SegmentPool()
    other.add(make_segment([77.0]))
    other.load(tmp_path / "pool.npz")
    assert ids(other) == ids(pool)
    assert other.nbytes == pool.nbytes
    last = other.newest(1)[0]
    assert last.frames == (b"abc",) * 3
    assert last.origin is not None
    np.testing.assert_array_equal(last.origin.actions, np.ones((2, 2)))


def test_an_empty_pool_can_be_saved(make_segment: MakeSegment, tmp_path: Path) -> None:
    SegmentPool().save(tmp_path / "pool.npz")
    pool = SegmentPool()
    pool.add(make_segment([1.0]))
    pool.load(tmp_path / "pool.npz")
    assert (len(pool), pool.nbytes) == (0, 0)


def test_a_segment_larger_than_the_pool_is_kept_alone(make_segment: MakeSegment) -> None:
    pool, large = SegmentPool(max_bytes=1), make_segment([0.0] * 9)
    pool.add(make_segment())
    pool.add(large)
    assert list(pool) == [large]


def test_spread_takes_evenly_from_the_oldest_on(make_segment: MakeSegment) -> None:
    pool = SegmentPool()
    segments = [make_segment([float(value)]) for value in range(7)]
    assert pool.spread(3) == []
    for segment in segments:
        pool.add(segment)
    assert pool.spread(3) == segments[::3]
    assert pool.spread(4) == segments[::2]
    assert pool.spread(7) == pool.spread(100) == segments
