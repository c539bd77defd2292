"""Gymnasium's infos of a vector, one dictionary per environment."""

from typing import Any

import numpy as np


def info_rows(infos: dict[str, Any], num_envs: int) -> list[dict[str, Any]]:
    """Return what each environment of a vector said.

    Gymnasium gives one array per key, and under `_key` which environments it is of; without such a
    mask it is taken to be of all. What is a dictionary is taken apart in the same way.

    Args:
        infos: As a `gymnasium.vector.VectorEnv` returns them.
        num_envs: The number of environments N.

    Returns:
        N dictionaries.
    """
    rows: list[dict[str, Any]] = [{} for _ in range(num_envs)]
    for key, values in infos.items():
        if key[:1] == "_" and key[1:] in infos:
            continue
        column = info_rows(values, num_envs) if isinstance(values, dict) else values
        mask = infos.get(f"_{key}")
        there = range(num_envs) if mask is None else np.flatnonzero(mask).tolist()
        for env in there:
            rows[env][key] = column[env]
    return rows
