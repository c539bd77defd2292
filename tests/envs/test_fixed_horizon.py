"""Tests of envs/fixed_horizon.py."""

from collections.abc import Iterator
from typing import Any

import gymnasium
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit

from prefrl.envs.fixed_horizon import FixedHorizon


class Ending(gymnasium.Env[Any, Any]):
    """An environment that says at every step that it has ended."""

    observation_space = action_space = spaces.Discrete(9)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        return action, action / 2, True, False, {"action": action}


@pytest.fixture
def registered() -> Iterator[str]:
    """Register the environment, for the length of a test."""
    gymnasium.register("testing/Ending-v0", f"{__name__}:Ending", max_episode_steps=4)
    yield "testing/Ending-v0"
    del gymnasium.registry["testing/Ending-v0"]


def test_only_terminated_changes() -> None:
    env = FixedHorizon(Ending())
    env.reset()
    assert env.step(3) == (3, 1.5, False, False, {"action": 3})


def test_the_time_limit_ends_the_episode() -> None:
    env = TimeLimit(FixedHorizon(Ending()), 4)
    env.reset()
    ends = [env.step(0)[2:4] for _ in range(4)]
    assert ends == [(False, False)] * 3 + [(False, True)]


def test_a_wrapped_environment_is_rebuilt_from_its_spec(registered: str) -> None:
    env = FixedHorizon(gymnasium.make(registered))
    assert env.spec is not None
    rebuilt = gymnasium.make(env.spec)
    assert isinstance(rebuilt, FixedHorizon)
    rebuilt.reset()
    assert [rebuilt.step(1)[2] for _ in range(4)] == [False] * 4
    assert rebuilt.spec == env.spec
