"""Tests of prefrl.plain_observations."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.errors import UserError
from prefrl.plain_observations import PlainObservation, is_plain

BOX = spaces.Box(0, 1, (1,))


class Nested(gymnasium.Env[Any, Any]):
    """Shows a sample of a space."""

    action_space = spaces.Discrete(2)

    def __init__(self, **parts: Any) -> None:
        self.observation_space = spaces.Dict(parts)
        self.shown = self.observation_space.sample()

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        return self.shown, {}


def test_nested_parts_are_named_by_their_path() -> None:
    inner = spaces.Dict({"b": BOX, "deep": spaces.Dict({"c": spaces.Discrete(3)})})
    env = PlainObservation(Nested(a=inner, z=BOX))
    assert env.observation_space == spaces.Dict(
        {"a.b": BOX, "a.deep.c": spaces.Discrete(3), "z": BOX}
    )
    shown = env.unwrapped.shown  # type: ignore[attr-defined]
    observation, _ = env.reset()
    assert observation in env.observation_space
    assert observation["a.deep.c"] == shown["a"]["deep"]["c"]
    np.testing.assert_array_equal(observation["a.b"], shown["a"]["b"])
    assert env.left_out == []


def test_text_is_left_out_and_named() -> None:
    env = PlainObservation(Nested(a=spaces.Dict({"say": spaces.Text(3), "b": BOX})))
    assert env.left_out == ["a.say"]
    assert list(env.reset()[0]) == ["a.b"]


def test_parts_of_one_name_are_refused() -> None:
    with pytest.raises(UserError, match=r"get the same name: a\.b, a\.b"):
        PlainObservation(Nested(**{"a.b": BOX, "a": spaces.Dict({"b": BOX})}))


def test_nothing_but_text_is_refused() -> None:
    with pytest.raises(UserError, match="nothing but text"):
        PlainObservation(Nested(a=spaces.Text(3)))


@pytest.mark.parametrize(
    ("space", "plain"),
    [
        (BOX, True),
        (spaces.Text(3), True),
        (spaces.Dict({"a": BOX}), True),
        (spaces.Dict({"a": spaces.Text(3), "b": BOX}), False),
        (spaces.Dict({"a": spaces.Dict({"b": BOX})}), False),
    ],
)
def test_which_spaces_are_plain(space: gymnasium.Space[Any], plain: bool) -> None:
    assert is_plain(space) is plain
