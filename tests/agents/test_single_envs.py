"""Tests of prefrl.agents.single_envs."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.agents.single_envs import SingleEnvs
from prefrl.errors import UserError


class Still(gymnasium.Env[Any, Any]):
    """Shows zeros, and at its third step something else."""

    action_space = spaces.Discrete(2)

    def __init__(self, size: int = 2, odd: Any = None) -> None:
        self.observation_space = spaces.Box(-1, 1, (size,))
        self.odd, self.size, self.steps = odd, size, 0

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        return np.zeros(self.size, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        odd = self.odd is not None and self.steps == 3
        return self.odd if odd else np.zeros(self.size, np.float32), 0.0, False, False, {}


def test_copies_of_other_spaces_are_refused() -> None:
    with pytest.raises(UserError, match=r"environment 1 has the observation space .* copies must"):
        SingleEnvs([Still(), Still(3)])


def test_an_observation_of_another_shape_is_named() -> None:
    env = SingleEnvs([Still(), Still(odd=np.zeros(3, np.float32))])
    env.reset()
    env.step(np.zeros(2, int))
    env.step(np.zeros(2, int))
    with pytest.raises(UserError, match=r"environment 1 .* shape \(3,\) instead .* after 6 steps"):
        env.step(np.zeros(2, int))


def test_wrappers_attributes_and_methods_are_found() -> None:
    env = SingleEnvs([gymnasium.wrappers.TimeLimit(Still(), 5), Still()])
    assert env.env_is_wrapped(gymnasium.wrappers.TimeLimit) == [True, False]
    env.set_attr("odd", 7, indices=1)
    assert env.get_attr("odd") == [None, 7]
    assert env.env_method("reset", indices=[0])[0][1] == {}
