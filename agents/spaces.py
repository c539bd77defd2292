"""Which spaces an agent can be trained in."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from prefrl.encoding import check_spaces
from prefrl.errors import UserError
from prefrl.trees import space_parts


def check_trainable(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> None:
    """Raise a UserError unless reward models and Stable-Baselines3's PPO take both spaces."""
    check_spaces(observation_space, action_space)
    if isinstance(action_space, spaces.Box) and not action_space.is_bounded():
        raise UserError(
            "the action space has no bounds; "
            "wrap the environment in gymnasium.wrappers.RescaleAction"
        )
    if len(action_space.shape or ()) > 1:
        raise UserError(
            f"the action space has the shape {action_space.shape}, and only vectors are supported; "
            "wrap the environment in gymnasium.wrappers.TransformAction"
        )
    if np.any(getattr(action_space, "start", 0)):
        raise UserError(
            "the action space does not start at 0, where the agent's actions do; "
            "wrap the environment in gymnasium.wrappers.TransformAction"
        )
    parts = space_parts(observation_space).values()
    if any(isinstance(part, spaces.Box) and part.shape == () for part in parts):
        raise UserError(
            "the observation space is a single number; "
            "wrap the environment in gymnasium.wrappers.ReshapeObservation"
        )
