"""Tests of prefrl.segments."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prefrl.origins import Origin
from prefrl.segments import Segment, SegmentBatch, segment_length
from prefrl.trees import Array, tree_leaves

MakeSegment = Callable[..., Segment]

DTYPES = st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_])
GROUPS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """Segments of any small shapes and types, with and without what is not always there."""
    steps = draw(st.integers(1, 5))

    def array(dtype: Any = None) -> Array:
        shape = (steps, *draw(arrays.array_shapes(min_dims=0, max_dims=2, max_side=3)))
        return draw(arrays.arrays(dtype or draw(DTYPES), shape))

    keys = draw(st.sampled_from([(), ("image",), ("b", "a/x.y")]))
    return Segment(
        observations={key: array() for key in keys} or array(),
        actions=array(),
        true_rewards=draw(arrays.arrays(np.float32, steps)),
        mask=draw(arrays.arrays(np.bool_, steps).filter(np.any)),
        group=draw(GROUPS),
        snapshots=array() if draw(st.booleans()) else None,
        origin=draw(st.none() | st.builds(Origin, st.integers(0, 2**32 - 1), st.just(array()))),
        frames=draw(st.none() | st.lists(st.binary(), min_size=1, max_size=3).map(tuple)),
    )


def assert_equal(first: Segment, second: Segment) -> None:
    assert first.named_arrays().keys() == second.named_arrays().keys()
    for name, array in first.named_arrays().items():
        np.testing.assert_array_equal(array, second.named_arrays()[name], strict=True)


@given(segments())
def test_bytes_give_the_same_segment_back(segment: Segment) -> None:
    read = Segment.from_bytes(segment.to_bytes())
    assert_equal(read, segment)
    assert read.id == segment.id
    assert read.group == segment.group
    assert read.frames == segment.frames
    assert getattr(read.origin, "seed", None) == getattr(segment.origin, "seed", None)


def test_a_group_that_ends_in_a_null_survives_serialisation(make_segment: MakeSegment) -> None:
    assert Segment.from_bytes(make_segment(group="prompt\0").to_bytes()).group == "prompt\0"


def test_a_segment_is_a_copy() -> None:
    observations, actions = np.zeros((2, 3)), np.zeros((2, 1))
    segment = Segment({"x": observations}, actions, np.zeros(2))
    observations[:], actions[:] = 1, 1
    assert not any(array.any() for array in (*tree_leaves(segment.observations), segment.actions))


def test_the_arrays_of_a_segment_are_read_only(make_segment: MakeSegment) -> None:
    segment = make_segment([1.0, 2.0], observations={"x": np.zeros(2)}, snapshots=np.zeros(2))
    for name, array in segment.named_arrays().items():
        if name != "group":
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


@pytest.mark.parametrize("field", ["observations", "true_rewards", "mask", "snapshots"])
def test_arrays_of_different_lengths_are_refused(field: str) -> None:
    parts: dict[str, Any] = dict.fromkeys(["observations", "actions", "true_rewards"], np.zeros(3))
    with pytest.raises(ValueError, match="one length above 0"):
        Segment(**{**parts, field: np.zeros(2)})


def test_an_empty_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="one length above 0"):
        Segment(np.zeros(0), np.zeros(0), np.zeros(0))


def test_a_segment_in_which_no_step_counts_is_refused(make_segment: MakeSegment) -> None:
    with pytest.raises(ValueError, match="counts"):
        make_segment([1.0, 2.0], mask=[False, False])


def test_all_steps_count_by_default_and_the_return_counts_the_masked(
    make_segment: MakeSegment,
) -> None:
    assert make_segment([1, 2, 4]).true_return == 7
    assert make_segment([1, 2, 4], mask=[True, False, True]).true_return == 5


def test_nbytes_counts_every_array(make_segment: MakeSegment) -> None:
    bare = make_segment([1.0, 2.0])  # float32 observations, actions, rewards, and a bool mask
    assert bare.nbytes == 2 * (4 + 4 + 4 + 1)
    assert make_segment([1.0, 2.0], snapshots=np.zeros((2, 5))).nbytes == bare.nbytes + 80


def test_the_id_tells_contents_apart(make_segment: MakeSegment) -> None:
    variants = [
        make_segment([1.0, 2.0]),
        make_segment([2.0, 1.0]),
        make_segment([1.0, 2.0], group="a"),
        make_segment([1.0, 2.0], mask=[True, False]),
        make_segment([1.0, 2.0], snapshots=np.zeros(2)),
    ]
    assert len({segment.id for segment in variants}) == len(variants)
    assert make_segment([1.0, 2.0]).id == variants[0].id


def test_how_it_is_drawn_changes_the_size_but_not_the_id(make_segment: MakeSegment) -> None:
    bare = make_segment([1.0, 2.0])
    again = make_segment([1.0, 2.0], origin=Origin(3, np.zeros((5, 1))), frames=(b"abc", b"d"))
    assert again.id == bare.id
    assert again.nbytes == bare.nbytes + (8 + 5 * 8) + 4


def test_the_id_tells_the_keys_of_observations_apart(make_segment: MakeSegment) -> None:
    first, second = (make_segment(observations={key: np.zeros(1)}) for key in ("a", "b"))
    assert first.id != second.id


def test_batches_are_padded_with_zeros_and_masked(make_segment: MakeSegment) -> None:
    short, long = make_segment([5.0]), make_segment([1.0, 2.0, 3.0], mask=[True, False, True])
    batch = SegmentBatch.from_segments([short, long], length=4)
    np.testing.assert_array_equal(batch.actions[..., 0], [[5, 0, 0, 0], [1, 2, 3, 0]])
    np.testing.assert_array_equal(batch.mask, [[1, 0, 0, 0], [1, 0, 1, 0]])
    assert batch.actions.dtype == np.float32
    assert batch.mask.dtype == bool


def test_batches_pad_dictionaries_of_observations(make_segment: MakeSegment) -> None:
    pieces = [
        make_segment(
            [0.0] * steps, observations={"x": np.ones((steps, 2)), "n": np.ones(steps, int)}
        )
        for steps in (1, 3)
    ]
    batch = SegmentBatch.from_segments(pieces)
    assert isinstance(batch.observations, dict)
    np.testing.assert_array_equal(batch.observations["n"], [[1, 0, 0], [1, 1, 1]])
    assert batch.observations["x"].shape == (2, 3, 2)


def test_a_batch_shorter_than_a_segment_is_refused(make_segment: MakeSegment) -> None:
    with pytest.raises(ValueError, match="cannot pad a segment of 3 steps to 2"):
        SegmentBatch.from_segments([make_segment([0.0] * 3)], length=2)


@pytest.mark.parametrize(
    ("step_seconds", "horizon", "steps"),
    [
        (0.05, 1000, 30),
        (0.008, 1000, 60),
        (0.125, None, 15),
        (1.0, None, 15),
        (None, None, 30),
        (0.02, 50, 25),
        (0.05, 1, 1),
    ],
)
def test_segment_length_of_one_and_a_half_seconds(
    step_seconds: float | None, horizon: int | None, steps: int
) -> None:
    assert segment_length(1.5, step_seconds, horizon) == steps


@given(
    st.floats(1e-3, 1e3),
    st.none() | st.floats(1e-3, 1e2),
    st.none() | st.integers(1, 10_000),
)
def test_segment_length_keeps_its_bounds(
    seconds: float, step_seconds: float | None, horizon: int | None
) -> None:
    steps = segment_length(seconds, step_seconds, horizon)
    least = 15 if horizon is None else max(1, min(15, horizon // 2))
    assert least <= steps <= 60
    assert horizon is None or steps <= max(1, horizon // 2)
