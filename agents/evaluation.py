"""The true return of a policy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from stable_baselines3.common.policies import BasePolicy

from prefrl.environments import make
from prefrl.seeding import integer_seed
from prefrl.trees import Array

from .worlds import make_worlds

EVALUATION_SEED = 0
"""Evaluation starts are the same in all runs, whatever their seed."""


MOST_STEPS = 10_000
"""Episodes that a policy never ends, in an environment without a time limit, are cut off here."""


def evaluate(
    policy: BasePolicy,
    env_id: str,
    episodes: int = 20,
    env_kwargs: Mapping[str, Any] | None = None,
) -> Array:
    """Return the true returns of a policy that acts deterministically.

    Args:
        policy: A Stable-Baselines3 policy.
        env_id: The environment's id.
        episodes: How many episodes to run, each from a fixed seed.
        env_kwargs: Arguments for the environment.

    Returns:
        `[episodes]`.
    """
    env = make(env_id, env_kwargs)
    worlds = make_worlds(env, env_id, env_kwargs or {}, episodes, drawn=False)
    worlds._seeds = [
        integer_seed(EVALUATION_SEED, "evaluation", index) for index in range(episodes)
    ]
    observations = worlds.reset()
    returns, running = np.zeros(episodes), np.ones(episodes, bool)
    for _ in range(MOST_STEPS):
        actions, _ = policy.predict(observations, deterministic=True)
        observations, rewards, dones, _ = worlds.step(actions)
        # Where an episode ended early, the next one is not counted.
        returns += rewards * running
        running &= ~dones
        if not running.any():
            break
    worlds.close()
    return returns
