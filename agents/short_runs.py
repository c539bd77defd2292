"""Fewer environments and shorter rollouts, so that a short run still has rounds and updates."""

import dataclasses
import math

from .settings import PPOSettings

LEAST_UPDATES = 30
"""PPO updates that a run should have."""

LEAST_EPISODES = 10
"""Episodes of full length that each environment should live to see, since rounds last one."""

SHORTEST_ROLLOUT = 16
"""Steps per environment below which advantages have too little to look ahead to."""


def suited_to(settings: PPOSettings, steps: int, horizon: int | None) -> PPOSettings:
    """Return settings that suit a run's length: unchanged for long runs, smaller for short ones.

    The number of minibatches per pass stays as it is.

    Args:
        settings: For long runs.
        steps: Environment steps of the run, over all environments.
        horizon: Steps of an episode, or None where there is no limit.
    """
    num_envs = _power_of_two(steps / (LEAST_EPISODES * (horizon or 1)), settings.num_envs)
    n_steps = _power_of_two(steps / (LEAST_UPDATES * num_envs), settings.n_steps)
    n_steps = max(n_steps, min(SHORTEST_ROLLOUT, settings.n_steps))
    share = num_envs * n_steps / (settings.num_envs * settings.n_steps)
    batch_size = max(1, round(settings.batch_size * share))
    return dataclasses.replace(settings, num_envs=num_envs, n_steps=n_steps, batch_size=batch_size)


def _power_of_two(wanted: float, most: int) -> int:
    return most if wanted >= most else 2 ** max(0, math.floor(math.log2(max(wanted, 1))))
