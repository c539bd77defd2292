"""Filming the agent of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefrl.clips import film_episode
from prefrl.seeding import integer_seed

from .ppo import load_agent
from .run_folder import read_settings


def film_run(
    folder: Path,
    path: Path,
    *,
    seconds: float = 10.0,
    size: int = 256,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Film an episode of a run's agent, as of its newest checkpoint, acting deterministically.

    Args:
        folder: The run's folder.
        path: The mp4 file to write.
        seconds: The longest duration of the film.
        size: Height and width of drawn robots, in pixels.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the folder holds no agent, or the environment cannot be drawn.
    """
    settings = read_settings(folder)
    agent = load_agent(folder)

    def act(observation: Any) -> Any:
        action = agent.predict(observation, deterministic=True)[0]
        return action.item() if action.ndim == 0 else action  # some take only a plain number

    seed = integer_seed(settings.seed, "film")
    film_episode(
        path,
        settings.env,
        act,
        env_kwargs=settings.env_kwargs,
        seed=seed,
        seconds=seconds,
        size=size,
        progress=progress,
    )
