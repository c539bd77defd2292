"""Which spaces an agent can be trained in."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.agents.spaces import check_trainable
from prefrl.errors import UserError

BOX = spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize("space", [BOX, spaces.Discrete(2), spaces.MultiBinary(3)])
def test_spaces_of_one_dimension_will_do(space: gymnasium.Space[Any]) -> None:
    assert check_trainable(space, space) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("observation_space", "action_space", "message"),
    [
        (BOX, spaces.Box(-np.inf, np.inf, (2,)), "has no bounds"),
        (BOX, spaces.Discrete(3, start=1), "does not start at 0"),
        (BOX, spaces.MultiDiscrete([2, 3], start=[0, 1]), "does not start at 0"),
        (BOX, spaces.MultiBinary((2, 2)), "only vectors"),
        (spaces.Box(-1, 1, ()), BOX, "a single number"),
        (spaces.Text(3), BOX, "not supported"),
    ],
)
def test_others_are_refused(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_trainable(observation_space, action_space)
