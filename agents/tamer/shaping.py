"""TAMER+RL in its simplest form: a reward that other people's feedback has shaped."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from .model import ReinforcementModel, load_model


class ShapedReward(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds the reinforcement that TAMER predicts to an environment's reward.

    r + weight × Ĥ(s, a) (Knox and Stone, "Combining Manual Feedback with Subsequent MDP Reward
    Signals for Reinforcement Learning", AAMAS 2010, reward shaping). The reward alone is in
    `info["true_reward"]`, the reinforcement in `info["reinforcement"]`. For a reward that is the
    reinforcement alone, give the model to `prefrl.LearnedReward`.

    Args:
        env: Tetris with the features that the model reads.
        model: A run's folder, or a model.
        weight: Of the reinforcement.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], model: ReinforcementModel | str, weight: float = 1.0
    ) -> None:
        """Load the model."""
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, model=model, weight=weight)
        gymnasium.Wrapper.__init__(self, env)
        self.model = load_model(model) if isinstance(model, str) else model
        self.weight = weight

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment."""
        self._observation, info = self.env.reset(seed=seed, options=options)
        return self._observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the environment, and add to its reward."""
        reinforcement = float(self.model.predict(self._observation, np.asarray(action)))
        self._observation, reward, terminated, truncated, info = self.env.step(action)
        info = {**info, "true_reward": float(reward), "reinforcement": reinforcement}
        shaped = float(reward) + self.weight * reinforcement
        return self._observation, shaped, terminated, truncated, info
