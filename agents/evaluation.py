"""The true return of a policy."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.policies import BasePolicy

from prefrl.environments import make
from prefrl.seeding import integer_seed
from prefrl.trees import Array, tree_map, tree_stack

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
    envs = [make(env_id, env_kwargs) for _ in range(episodes)]
    seeds = [integer_seed(EVALUATION_SEED, "evaluation", index) for index in range(episodes)]
    pairs = zip(envs, seeds, strict=True)
    observations = [tree_map(np.asarray, env.reset(seed=seed)[0]) for env, seed in pairs]
    returns = np.zeros(episodes)
    running = list(range(episodes))
    for _ in range(MOST_STEPS):
        if not running:
            break
        batch = tree_stack([observations[index] for index in running])
        actions, _ = policy.predict(batch, deterministic=True)
        for index, action in zip(list(running), actions, strict=True):
            observations[index], reward, done = _step(envs[index], action)
            returns[index] += reward
            if done:
                running.remove(index)
    for env in envs:
        env.close()
    return returns


def _step(env: gymnasium.Env[Any, Any], action: Any) -> tuple[Any, float, bool]:
    observation, reward, terminated, truncated, _ = env.step(action)
    return tree_map(np.asarray, observation), float(reward), terminated or truncated
