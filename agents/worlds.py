"""The environments that an agent trains in, side by side."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import gymnasium
from gymnasium.vector import AutoresetMode, VectorEnv

from prefrl.autoreset import autoreset_mode
from prefrl.drawing_sources import drawing_source
from prefrl.environments import make, make_vector
from prefrl.rendering import make_rendering

from .single_envs import SingleEnvs
from .vector_adapter import VectorAdapter

Worlds: TypeAlias = SingleEnvs | VectorAdapter


def make_worlds(
    env: gymnasium.Env[Any, Any],
    env_id: str,
    kwargs: Mapping[str, Any],
    num_envs: int,
    *,
    drawn: bool = True,
) -> Worlds:
    """Return environments side by side, computed in one batch where the id has such a vector.

    A vector is passed over where its spaces are not those of the single environment, and under
    NEXT_STEP, since no agent here could wait for one environment's reset while the others go on.

    Args:
        env: A single environment of this id and these arguments; it may be one of those returned.
        env_id: The environment's id.
        kwargs: Arguments for the environments.
        num_envs: How many environments N.
        drawn: Whether segments are to be recorded such that they can be drawn.

    Raises:
        UserError: If they cannot be made, or the vector's autoreset mode is unknown.
    """
    vector = make_vector(env_id, num_envs, kwargs)
    if vector is not None:
        if _can_stand_for(env, vector):
            env.close()
            return VectorAdapter(vector)
        vector.close()
    source = drawing_source(env_id, kwargs, env) if drawn else "nothing"
    if source == "frames":
        env.close()
        return SingleEnvs([make_rendering(env_id, kwargs) for _ in range(num_envs)], source=source)
    return SingleEnvs([env, *(make(env_id, kwargs) for _ in range(num_envs - 1))], source=source)


def _can_stand_for(env: gymnasium.Env[Any, Any], vector: VectorEnv[Any, Any, Any]) -> bool:
    return (
        autoreset_mode(vector) != AutoresetMode.NEXT_STEP
        and vector.single_observation_space == env.observation_space
        and vector.single_action_space == env.action_space
    )
