"""Tests of prefrl.observation_checks."""

from typing import Any

import numpy as np
import pytest
from gymnasium import Space, spaces

from prefrl.errors import UserError
from prefrl.observation_checks import (
    check_observation,
    check_observations,
    check_rewards,
)
from prefrl.trees import Tree

BOX = spaces.Box(-1, 1, (2,))
BYTES = spaces.Box(0, 255, (2,), np.uint8)
BOTH = spaces.Dict({"a": BOX, "n": spaces.Discrete(3)})
FINE: list[tuple[Space[Any], Tree]] = [
    (BOX, np.zeros(2, np.float32)),
    (BOX, np.zeros(2)),
    (BOX, np.full(2, 7)),
    (BYTES, np.zeros(2, np.int64)),
    (spaces.Discrete(3), np.array(2)),
    (spaces.MultiBinary(2), np.array([True, False])),
    (BOTH, {"a": np.zeros(2, np.float32), "n": np.array(1)}),
]
FAULTY: list[tuple[Space[Any], Tree, str]] = [
    (BOX, np.zeros(3), r"an observation of shape \(3,\) instead of \(2,\) after 12 steps"),
    (BYTES, np.zeros(2), "an observation of type float64 instead of uint8 after 12"),
    (BOX, np.array(["a", "b"]), "an observation of type <U1 instead of float32"),
    (BOX, np.array([0, np.nan]), "an observation that is not finite after 12"),
    (BOX, np.array([-np.inf, 0]), "an observation that is not finite"),
    (BOTH, {"a": np.zeros(2)}, "an observation without its part 'n'"),
    (BOTH, {"a": np.zeros(1), "n": np.array(1)}, r"an observation 'a' of shape \(1,\)"),
    (BOTH, np.zeros(2), "an observation without its part 'a'"),
]


@pytest.mark.parametrize(("space", "observation"), FINE)
def test_what_is_of_the_space_passes(space: Space[Any], observation: Tree) -> None:
    check_observation(observation, space, 0)
    check_observations(stacked(observation), space, 0)


@pytest.mark.parametrize(("space", "observation", "message"), FAULTY)
def test_what_is_not_is_named(space: Space[Any], observation: Tree, message: str) -> None:
    with pytest.raises(UserError, match=f"the environment gave {message}"):
        check_observation(observation, space, 12)
    with pytest.raises(UserError, match=f"environment 0 gave {message}"):
        check_observations(stacked(observation), space, 12)


def stacked(observation: Tree) -> Tree:
    if isinstance(observation, dict):
        return {key: np.stack([part, part]) for key, part in observation.items()}
    return np.stack([observation, observation])


def test_the_environment_at_fault_is_named() -> None:
    observations = np.zeros((3, 2))
    observations[2, 1] = np.inf
    with pytest.raises(UserError, match=r"environment 2 gave .* after 5 steps; mend") as caught:
        check_observations(observations, BOX, 5)
    assert "\n" not in str(caught.value)


def test_a_reward_that_is_not_finite_is_named_with_its_environment() -> None:
    check_rewards(np.array([1.0, -2.0]), 12)
    with pytest.raises(UserError, match="environment 4 gave the reward nan after 12 steps"):
        check_rewards(np.array([0.0, np.nan]), 12, first=3)
