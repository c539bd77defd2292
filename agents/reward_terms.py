"""Reward terms: functions over a finished rollout whose values add up to the agent's reward."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from prefrl.language.text_reward_model import TextRewardModel
from prefrl.reward_model import RewardModel
from prefrl.trees import Array

from .recording_env import Rollout

RewardTerm: TypeAlias = Callable[[Rollout], Array]
"""Gives one value per step, `[T, N]`."""


def learned_reward(model: RewardModel) -> RewardTerm:
    """Return the term that asks a reward model once for the whole rollout."""
    if isinstance(model, TextRewardModel):  # only the environment knows whether a reply follows
        return lambda rollout: model.predict(rollout.observations, rollout.actions, rollout.dones)
    return lambda rollout: model.predict(rollout.observations, rollout.actions)


def true_reward(rollout: Rollout) -> Array:
    """Return the environments' own rewards, for baselines."""
    return rollout.true_rewards


def add_terms(terms: Sequence[RewardTerm], rollout: Rollout) -> Array:
    """Return the sum of the terms' values, `[T, N]`."""
    first, *rest = (term(rollout) for term in terms)
    for values in rest:
        first = first + values
    return first
