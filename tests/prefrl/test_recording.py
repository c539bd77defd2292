"""Tests of prefrl.recording."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefrl.recording import SegmentRecorder
from prefrl.segments import Segment
from prefrl.trees import Array


def record(recorder: SegmentRecorder, step: int, dones: list[bool]) -> None:
    """Record a step whose values are 100 · environment + step."""
    values = 100 * np.arange(len(dones)) + step
    recorder.record(values[:, None], values, values.astype(float), np.array(dones))


def cut(ends: list[bool], length: int) -> list[list[int]]:
    """Return the steps of each segment that one environment's episodes give."""
    segments = list[Segment]()
    recorder = SegmentRecorder(1, length, segments.append)
    for step, end in enumerate(ends):
        record(recorder, step, [end])
    return [segment.actions.tolist() for segment in segments]


def test_an_episode_gives_consecutive_segments_and_its_end() -> None:
    ends = [False] * 6 + [True]
    assert cut(ends, 3) == [[0, 1, 2], [3, 4, 5], [4, 5, 6]]


def test_an_episode_of_whole_segments_has_no_overlapping_end() -> None:
    assert cut([False] * 5 + [True], 3) == [[0, 1, 2], [3, 4, 5]]


def test_short_episodes_give_one_short_segment_each() -> None:
    assert cut([False, True, True, False, False], 3) == [[0, 1], [2]]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 7))
def test_segments_cover_finished_episodes_and_never_cross_their_ends(
    ends: list[bool], length: int
) -> None:
    found = cut(ends, length)
    finished = [step for step in range(len(ends)) if any(ends[step:])]
    assert set(finished) <= {step for steps in found for step in steps}
    for steps in found:
        assert steps == list(range(steps[0], steps[-1] + 1))
        assert not any(ends[steps[0] : steps[-1]])
        assert len(steps) == length or (ends[steps[-1]] and (not steps[0] or ends[steps[0] - 1]))


def test_environments_are_kept_apart() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(2, 2, segments.append)
    for step, dones in enumerate([[False, True], [False, False], [True, False]]):
        record(recorder, step, dones)
    found = [segment.actions.tolist() for segment in segments]
    assert found == [[100], [0, 1], [1, 2], [101, 102]]


def test_every_array_holds_the_same_steps() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 2, segments.append)
    for step in range(4):
        record(recorder, step, [False])
    last = segments[-1]
    assert isinstance(last.observations, np.ndarray)
    assert last.observations.tolist() == [[2], [3]]
    assert last.true_rewards.tolist() == [2.0, 3.0]
    assert last.mask.all()


def test_segments_share_no_memory_with_what_was_recorded_nor_with_each_other() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 2, segments.append)
    observation = np.zeros((1, 3))  # an environment that reuses its buffer
    for step in range(4):
        observation[:] = step
        recorder.record(observation, np.zeros(1), np.zeros(1), np.array([False]))
    observation[:] = -1
    found = [np.asarray(segment.observations)[:, 0].tolist() for segment in segments]
    assert found == [[0, 1], [2, 3]]


def test_dictionaries_and_snapshots_are_recorded() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(2, 3, segments.append)
    image: Array = np.arange(8, dtype=np.uint8).reshape(2, 4)
    recorder.record(
        {"image": image, "speed": np.ones(2)},
        np.zeros((2, 1)),
        np.zeros(2),
        np.array([False, True]),
        snapshots=np.full((2, 5), 7.0),
    )
    (segment,) = segments
    assert isinstance(segment.observations, dict)
    np.testing.assert_array_equal(segment.observations["image"], image[1:], strict=True)
    assert segment.observations["speed"].shape == (1,)
    assert segment.snapshots is not None
    assert segment.snapshots.tolist() == [[7.0] * 5]


def test_a_reset_forgets_unfinished_segments() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 3, segments.append)
    record(recorder, 50, [False])
    recorder.reset()
    for step in range(3):
        record(recorder, step, [False])
    assert [segment.actions.tolist() for segment in segments] == [[0, 1, 2]]


def record_masked(recorder: SegmentRecorder, step: int, mask: bool, done: bool) -> None:
    """Record a step of one environment, whose group is a name of the episode's first step."""
    recorder.record(
        np.zeros((1, 1)),
        np.full(1, step),
        np.zeros(1),
        np.array([done]),
        masks=np.array([mask]),
        groups=["first" if step < 4 else "second"],
    )


def test_masks_and_groups_are_recorded() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 4, segments.append)
    for step, mask in enumerate([False, True, True, True, False, True]):
        record_masked(recorder, step, mask, done=step in (3, 5))
    assert [segment.mask.tolist() for segment in segments] == [
        [False, True, True, True],
        [False, True],
    ]
    assert [segment.group for segment in segments] == ["first", "second"]


def test_stretches_in_which_no_step_counts_give_no_segment() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 2, segments.append)
    for step, mask in enumerate([False, False, False, True]):
        record_masked(recorder, step, mask, done=step == 3)
    assert [segment.actions.tolist() for segment in segments] == [[2, 3]]


def test_an_origin_holds_the_seed_and_all_actions_before_the_segment() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(2, 3, segments.append)
    seeds = [10, 20]
    for step in range(11):
        values = np.array([step, 100 + step])
        dones = np.array([step == 6, False])
        recorder.record(values[:, None], values, np.zeros(2), dones, seeds=list(seeds))
        seeds[0] += dones[0]
    found = [(s.origin.seed, s.origin.actions.tolist()) for s in segments if s.origin is not None]
    assert [(seed, done) for seed, done in found if seed < 20] == [
        (10, []),
        (10, [0, 1, 2]),
        (10, [0, 1, 2, 3]),  # of the segment at the episode's end, which overlaps the one before
        (11, []),
    ]
    assert [len(done) for seed, done in found if seed == 20] == [0, 3, 6]


def test_a_reset_forgets_the_actions_of_episodes() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 2, segments.append)
    for step in range(4):
        if step == 2:
            recorder.reset()
        recorder.record(np.zeros(1), np.zeros(1), np.zeros(1), np.array([False]), seeds=[step])
    assert [s.origin.actions.size for s in segments if s.origin is not None] == [0, 0]


def test_pictures_are_kept_once_however_many_steps_they_stand_for() -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(1, 4, segments.append)
    first, equal, last = (bytes(bytearray(content)) for content in (b"ab", b"ab", b"cd"))
    for picture in (first, first, equal, last):
        step = np.zeros(1), np.zeros(1), np.zeros(1), np.array([False])
        recorder.record(*step, frames=[picture])
    assert [segment.frames for segment in segments] == [(b"ab", b"ab", b"cd")]
