"""What an agent that writes texts has to know of its task."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.vector import VectorEnv

from prefrl.envs.text.task import Task
from prefrl.errors import UserError
from prefrl.text_spaces import is_text


def writes_text(env: gymnasium.Env[Any, Any]) -> bool:
    """Return whether an environment writes texts."""
    return is_text(env.observation_space, env.action_space)


def text_task(env: gymnasium.Env[Any, Any] | VectorEnv[Any, Any, Any]) -> Task:
    """Return the task of an environment that writes texts, or of a vector of such.

    Raises:
        UserError: If the environment is none of prefrl's.
    """
    task = getattr(env.unwrapped, "task", None)
    if not isinstance(task, Task):
        raise UserError(f"{env} writes texts of no known task; use prefrl/TextGeneration-v0")
    return task


def located(env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of an environment that name files wherever a run is gone on with.

    Args:
        env_kwargs: Those of `TextGeneration`, of which prompts and tokenizer may be files.
    """
    files = {
        name: str(Path(value).resolve())
        for name, value in env_kwargs.items()
        if name in ("prompts", "tokenizer") and isinstance(value, str) and Path(value).exists()
    }
    return {**env_kwargs, **files}


def horizon(env: gymnasium.Env[Any, Any]) -> int | None:
    """Return the most steps of an episode, or None where there is no limit."""
    if writes_text(env):
        return text_task(env).horizon
    return env.spec.max_episode_steps if env.spec else None
