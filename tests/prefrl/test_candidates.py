"""Environments that offer candidates."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from prefrl.candidates import chosen_rows, row_space
from prefrl.encoding import StepEncoder
from prefrl.recording import SegmentRecorder
from prefrl.reward_model import RewardEnsemble
from prefrl.segments import Segment

ROWS = spaces.Box(-1, 1, (3, 2), np.float32)
OFFERING = spaces.Dict(
    {"board": spaces.MultiBinary(4), "candidates": ROWS, "action_mask": spaces.MultiBinary(3)}
)
ACTIONS = spaces.Discrete(3)


def steps(*shape: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    observations = {
        "board": rng.integers(0, 2, (*shape, 4), np.int8),
        "candidates": rng.uniform(-1, 1, (*shape, 3, 2)).astype(np.float32),
        "action_mask": np.ones((*shape, 3), np.int8),
    }
    return observations, rng.integers(0, 3, shape)


def test_the_space_of_a_row() -> None:
    assert row_space(OFFERING, ACTIONS) == spaces.Box(-1, 1, (2,), np.float32)


@pytest.mark.parametrize(
    ("changed", "actions"),
    [
        ({"candidates": spaces.Box(-1, 1, (4, 2))}, ACTIONS),
        ({"candidates": spaces.Box(-1, 1, (3,))}, ACTIONS),
        ({"action_mask": spaces.MultiBinary(2)}, ACTIONS),
        ({}, spaces.Discrete(3, start=1)),
        ({}, spaces.MultiBinary(3)),
    ],
)
def test_other_spaces_offer_none(changed: dict[str, Any], actions: Any) -> None:
    assert row_space(spaces.Dict({**OFFERING.spaces, **changed}), actions) is None
    assert row_space(ROWS, ACTIONS) is None


def test_chosen_rows() -> None:
    observations, actions = steps(5, 2)
    rows = chosen_rows(observations, actions)
    assert rows.shape == (5, 2, 2)
    np.testing.assert_array_equal(rows[3, 1], observations["candidates"][3, 1, actions[3, 1]])


def test_a_step_is_the_chosen_row_whether_kept_or_whole() -> None:
    observations, actions = steps(5)
    encoder = StepEncoder(OFFERING, ACTIONS)
    assert encoder.size == 2
    rows = encoder.kept(observations, actions)
    np.testing.assert_array_equal(encoder(observations, actions), rows)
    np.testing.assert_array_equal(encoder(rows, actions), rows)


def test_segments_keep_only_the_chosen_rows() -> None:
    observations, actions = steps(4, 1)
    cut: list[Segment] = []
    model = RewardEnsemble(OFFERING, ACTIONS)
    recorder = SegmentRecorder(1, 4, cut.append, keep=model.kept)
    for step in range(4):
        seen = {key: part[step] for key, part in observations.items()}
        recorder.record(seen, actions[step], np.zeros(1), np.zeros(1, bool))
    (segment,) = cut
    np.testing.assert_array_equal(segment.observations, chosen_rows(observations, actions)[:, 0])
    expected = model.predict(observations, actions)[:, 0]
    np.testing.assert_allclose(model.predict(segment.observations, segment.actions), expected)
