"""Where a wrapper's reward comes from: a folder, a reward model, or one that is being learned."""

from pathlib import Path
from typing import Any, Protocol, TypeAlias

import gymnasium
import numpy as np
from numpy.typing import NDArray

from prefrl.online_reward import OnlineReward
from prefrl.reward_files import check_made_for, load_reward
from prefrl.reward_model import FittedModel
from prefrl.trees import Array, Tree


class RewardPredictor(Protocol):
    """Gives rewards of steps."""

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        """Return rewards, `[...]`, for steps `[..., *obs]` and `[..., *act]`."""


RewardSource: TypeAlias = str | Path | RewardPredictor | OnlineReward


def open_reward(
    source: RewardSource,
    observation_space: gymnasium.Space[Any],
    action_space: gymnasium.Space[Any],
) -> RewardPredictor:
    """Return what predicts the reward, checked against an environment's spaces.

    Args:
        source: A folder (see `load_reward`), or an object that predicts rewards.
        observation_space: The environment's.
        action_space: The environment's.

    Raises:
        UserError: If the folder holds no reward, or one for other spaces.
    """
    predictor = load_reward(source) if isinstance(source, str | Path) else source
    model = predictor.learner.model if isinstance(predictor, OnlineReward) else predictor
    if isinstance(model, FittedModel):
        check_made_for(model, observation_space, action_space)
    return predictor


def taken_actions(actions: Any, space: gymnasium.Space[Any]) -> Array:
    """Return actions as the environment takes them: those of a Box clipped to its bounds."""
    if isinstance(space, gymnasium.spaces.Box):
        clipped: Array = np.clip(actions, space.low, space.high)
        return clipped
    return np.asarray(actions)
