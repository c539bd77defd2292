"""Tests of prefrl.space_json."""

import json
from typing import Any

import numpy as np
import pytest
from gymnasium import Space, spaces

from prefrl.errors import UserError
from prefrl.space_json import space_from_json, space_to_json

SPACES: list[Space[Any]] = [
    spaces.Box(-1, 1, (3,)),
    spaces.Box(np.array([-np.inf, 0.1]), np.array([np.inf, 0.3]), dtype=np.float64),
    spaces.Box(0, 255, (4, 4, 3), np.uint8),
    spaces.Discrete(5, start=-2),
    spaces.MultiDiscrete([2, 3], start=[1, -1]),
    spaces.MultiDiscrete(np.array([[2, 3], [4, 5]])),
    spaces.MultiBinary(3),
    spaces.MultiBinary([2, 3]),
    spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Dict({"x": spaces.Box(0, 1, (1,))})}),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_space_comes_back_from_json_as_it_was(space: Space[Any]) -> None:
    text = json.dumps(space_to_json(space), allow_nan=False)
    assert space_from_json(json.loads(text)) == space


def test_the_bounds_of_an_image_take_one_number() -> None:
    assert len(json.dumps(space_to_json(spaces.Box(0, 255, (210, 160, 3), np.uint8)))) < 200


def test_other_kinds_are_refused() -> None:
    with pytest.raises(UserError, match="a Text space cannot be written"):
        space_to_json(spaces.Text(5))
    with pytest.raises(UserError, match="'Graph' is no kind of space"):
        space_from_json({"kind": "Graph"})
