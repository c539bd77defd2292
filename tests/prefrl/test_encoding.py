"""Tests of prefrl.encoding."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.encoding import StepEncoder
from prefrl.errors import UserError
from prefrl.trees import Array, Tree

BOX = spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("space", "value", "code"),
    [
        (BOX, [0.5, -1.0], [0.5, -1.0]),
        (spaces.Box(0, 255, (), np.uint8), 7, [7.0]),
        (spaces.Discrete(3), 1, [0, 1, 0]),
        (spaces.Discrete(3, start=-1), 1, [0, 0, 1]),
        (spaces.MultiDiscrete([2, 3]), [1, 0], [0, 1, 1, 0, 0]),
        (spaces.MultiDiscrete([2, 2], start=[5, 0]), [5, 1], [1, 0, 0, 1]),
        (spaces.MultiBinary(3), [1, 0, 1], [1, 0, 1]),
    ],
)
def test_each_kind_of_space(space: gymnasium.Space[Any], value: Any, code: list[float]) -> None:
    encoder = StepEncoder(spaces.Discrete(1), space)
    encoded = encoder(np.zeros(1, int), np.array([value], space.dtype))
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[1.0, *code]]
    assert encoder.size == 1 + len(code)


def test_dictionaries_are_joined_in_the_order_of_the_space() -> None:
    space = spaces.Dict({"a_gear": spaces.Discrete(2), "b_speed": BOX})
    observations: Tree = {"b_speed": np.array([[3.0, 4.0]]), "a_gear": np.array([1])}
    encoded = StepEncoder(space, spaces.Discrete(1))(observations, np.zeros(1, int))
    assert encoded.tolist() == [[0.0, 1.0, 3.0, 4.0, 1.0]]


@pytest.mark.parametrize("leading", [(), (4,), (4, 3)])
def test_any_leading_axes_are_kept(leading: tuple[int, ...]) -> None:
    observation_space = spaces.Dict({"a": BOX, "b": spaces.MultiBinary((2, 2))})
    encoder = StepEncoder(observation_space, spaces.MultiDiscrete([2, 2]))
    observations: Tree = {"a": np.ones((*leading, 2)), "b": np.ones((*leading, 2, 2), np.int8)}
    actions: Array = np.zeros((*leading, 2), int)
    assert encoder(observations, actions).shape == (*leading, encoder.size)


@pytest.mark.parametrize(
    "space",
    [
        spaces.MultiDiscrete(np.array([[2, 3], [4, 5]])),
        spaces.Text(5),
        spaces.Tuple([BOX]),
        spaces.Dict({"inner": spaces.Dict({"a": BOX})}),
    ],
    ids=str,
)
def test_spaces_that_cannot_be_encoded_are_named(space: gymnasium.Space[Any]) -> None:
    with pytest.raises(UserError, match=r"the observation.* space .*wrap the environment"):
        StepEncoder(space, BOX)


def test_an_action_space_cannot_be_a_dictionary() -> None:
    with pytest.raises(UserError, match="the action space is Dict"):
        StepEncoder(BOX, spaces.Dict({"a": BOX}))
