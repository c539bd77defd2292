"""A wrapper that lets an episode end only when its time is up."""

from typing import Any, SupportsFloat

import gymnasium
from gymnasium.utils import RecordConstructorArgs


class FixedHorizon(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Drops `terminated`, so that the length of an episode says nothing about its reward.

    Christiano et al. 2017, appendix A.1, remove early ends for this reason. The environment must
    go on giving finite observations after its end, and must have a time limit.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap an environment."""
        RecordConstructorArgs.__init__(self)
        super().__init__(env)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and deny that it ended."""
        observation, reward, _, truncated, info = self.env.step(action)
        return observation, reward, False, truncated, info
