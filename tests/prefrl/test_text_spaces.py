"""Which environments write texts."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.text_spaces import is_text


def text_space(**parts: spaces.Space[object]) -> spaces.Dict:
    usual = {
        "tokens": spaces.Box(0, 9, (6,), np.int64),
        "length": spaces.Box(0, 6, (1,), np.int64),
        "prompt_length": spaces.Box(0, 6, (1,), np.int64),
        "is_action": spaces.MultiBinary(6),
    }
    return spaces.Dict({**usual, **parts})


def test_our_texts_are_texts() -> None:
    env = gymnasium.make("prefrl/Dates-v0")
    assert is_text(env.observation_space, env.action_space)


def test_the_actions_are_the_tokens() -> None:
    assert is_text(text_space(), spaces.Discrete(10))
    assert not is_text(text_space(), spaces.Discrete(9))
    assert not is_text(text_space(), spaces.Discrete(10, start=1))
    assert not is_text(text_space(), spaces.Box(0, 9, (1,)))


@pytest.mark.parametrize(
    "parts",
    [
        {"tokens": spaces.Box(0.0, 9.0, (6,), np.float32)},
        {"tokens": spaces.Box(0, 9, (5,), np.int64)},
        {"length": spaces.Box(0, 6, (), np.int64)},
        {"candidates": spaces.Box(0, 1, (3,))},
    ],
)
def test_other_spaces_are_none(parts: dict[str, spaces.Space[object]]) -> None:
    assert not is_text(text_space(**parts), spaces.Discrete(10))


def test_a_board_is_no_text() -> None:
    env = gymnasium.make("prefrl/Tetris-v0")
    assert not is_text(env.observation_space, env.action_space)
