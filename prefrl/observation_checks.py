"""Refusing observations that are not of their space, and rewards that are not finite."""

from typing import Any

import gymnasium
import numpy as np

from prefrl.errors import UserError
from prefrl.trees import Array, Tree, space_parts, tree_leaves, tree_map


def check_observation(
    observation: Tree,
    space: gymnasium.Space[Any],
    steps: int,
    env: str = "the environment",
) -> None:
    """Raise a UserError if an observation is not of its space, or not finite.

    Whether numbers are within the bounds of a Box is not looked at.

    Args:
        observation: `[*obs]`, or a dictionary of such.
        space: Of one environment.
        steps: Environment steps taken so far, to name in the error.
        env: Whose observation it is, to name in the error.
    """
    if fault := _fault(observation, space, leading=0):
        raise UserError(
            f"{env} gave an observation{fault} after {steps} steps; mend the environment"
        )


def check_observations(observations: Tree, space: gymnasium.Space[Any], steps: int) -> None:
    """Raise a UserError if an observation of several environments is not of its space.

    Args:
        observations: `[N, *obs]`, or a dictionary of such.
        space: Of one environment.
        steps: Environment steps taken so far, to name in the error.
    """
    if not _fault(observations, space, leading=1):
        return
    for env in range(len(tree_leaves(observations)[0])):
        row = tree_map(lambda leaf, env=env: leaf[env], observations)
        check_observation(row, space, steps, f"environment {env}")


def check_rewards(true_rewards: Array, steps: int, *, first: int = 0) -> None:
    """Raise a UserError if an environment gave a reward that is not finite.

    Args:
        true_rewards: Of each environment, `[N]`.
        steps: Environment steps taken so far, to name in the error.
        first: The place of the first of them in its vector.
    """
    for env in np.flatnonzero(~np.isfinite(true_rewards)).tolist():
        raise UserError(
            f"environment {first + env} gave the reward {true_rewards[env]} after {steps} steps; "
            "mend the environment"
        )


def _fault(observation: Tree, space: gymnasium.Space[Any], *, leading: int) -> str:
    """Return what is wrong, or "" where nothing is."""
    given = observation if isinstance(observation, dict) else {"": observation}
    for key, part in space_parts(space).items():
        name = f" {key!r}" if key else ""
        if key not in given:
            return f" without its part{name}"
        if fault := _array_fault(given[key], part, leading):
            return name + fault
    return ""


def _array_fault(array: Array, space: gymnasium.Space[Any], leading: int) -> str:
    shape = array.shape[leading:]
    if shape != space.shape:
        return f" of shape {shape} instead of {space.shape}"
    if not _suits(array.dtype, space.dtype):
        return f" of type {array.dtype} instead of {space.dtype}"
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return " that is not finite"
    return ""


def _suits(given: np.dtype[Any], expected: np.dtype[Any] | None) -> bool:
    # Integers of another width or sign are common and do no harm.
    if expected is None or (given.kind in "iu" and expected.kind in "iu"):
        return True
    return np.can_cast(given, expected, "same_kind")
