"""What texts cost: leaving the reference model, having no end, being long."""

from collections.abc import Callable
from typing import Any

import numpy as np

from prefrl.agents.episode_returns import EpisodeReturns
from prefrl.agents.metrics import Metrics
from prefrl.agents.recording_env import Rollout
from prefrl.agents.reward_terms import RewardTerm, add_terms
from prefrl.trees import Array

from .kl_control import KLController
from .settings import LanguageSettings


class TextPenalties:
    """Takes penalties off the rewards of texts (see `RewardShaping`).

    Args:
        settings: How much what costs.
        num_envs: Environments N side by side.
        end_token: The token that ends a text.
        log_ratios: Gives log π − log ρ of each step of the rollout that has just ended, `[T, N]`,
            π the policy and ρ the reference.
    """

    def __init__(
        self,
        settings: LanguageSettings,
        num_envs: int,
        end_token: int,
        log_ratios: Callable[[], Array],
    ) -> None:
        """Start with the first coefficient."""
        self.controller = KLController(
            settings.kl_coefficient, settings.kl_target, settings.kl_horizon
        )
        self._terms = [
            missing_end(end_token, settings.missing_end_penalty),
            length(settings.length_penalty),
        ]
        self._log_ratios = log_ratios
        self._kl = EpisodeReturns(num_envs)

    def __call__(self, rewards: Array, rollout: Rollout) -> Array:
        """Return rewards less penalties, `[T, N]`; then steer the KL's coefficient.

        The KL is estimated by the log-ratio of the tokens that were drawn (Schulman's k1), in the
        reward of each token, as Ziegler et al. 2019 and Stiennon et al. 2020 do.
        """
        log_ratios = self._log_ratios()
        shaped = rewards + add_terms(self._terms, rollout)
        shaped -= self.controller.coefficient * log_ratios
        finished = self._kl.add(log_ratios, rollout.dones)
        if finished:
            self.controller.update(float(np.mean(finished)), len(finished))
        return shaped

    def restart(self) -> None:
        """Start new texts, after a reset of the environments."""
        self._kl.restart()

    def metrics(self) -> Metrics:
        """Return the mean KL per text, in nats, and what a nat costs."""
        return {"kl": self._kl.mean, "kl_coefficient": self.controller.coefficient}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint between rounds needs, as JSON values."""
        return {"kl_coefficient": self.controller.coefficient}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.controller.coefficient = state["kl_coefficient"]


def missing_end(end_token: int, penalty: float) -> RewardTerm:
    """Return the term that takes a penalty off the last step of texts without an end token."""
    return lambda rollout: -penalty * (rollout.dones & (rollout.actions != end_token))


def length(penalty: float) -> RewardTerm:
    """Return the term that takes a penalty off every step."""
    return lambda rollout: np.full(rollout.dones.shape, -penalty)
