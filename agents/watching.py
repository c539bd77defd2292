"""Filming the agent of a run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stable_baselines3 import PPO

from prefrl.captions import with_caption
from prefrl.clips import HOLD_SECONDS, film_episode
from prefrl.drawing import Frame
from prefrl.episode_drawing import EpisodeDrawer
from prefrl.seeding import integer_seed
from prefrl.video import write_video

from .policy_snapshots import kept_snapshots, load_snapshot
from .ppo import load_agent
from .run_folder import read_settings


def film_run(
    folder: Path,
    path: Path,
    *,
    steps: int | None = None,
    seconds: float = 10.0,
    size: int = 256,
    hold: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Film an episode of a run's agent, acting deterministically.

    Args:
        folder: The run's folder.
        path: The mp4 file to write.
        steps: As of which policy snapshot; by default as of the newest checkpoint.
        seconds: The longest duration of the film.
        size: Height and width of drawn robots, in pixels.
        hold: Whether to hold the last picture for half a second, for films shown in a loop.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the folder holds no agent, or the environment cannot be drawn.
    """
    settings = read_settings(folder)
    film_episode(
        path,
        settings.env,
        deterministic(load_agent(folder, steps)),
        env_kwargs=settings.env_kwargs,
        seed=integer_seed(settings.seed, "film"),
        seconds=seconds,
        size=size,
        hold=hold,
        progress=progress,
    )


def film_progress(
    folder: Path,
    path: Path,
    *,
    seconds: float = 3.0,
    size: int = 256,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Film an episode of each policy snapshot of a run, one after the other, with captions.

    All episodes start alike.

    Args:
        folder: The run's folder.
        path: The mp4 file to write.
        seconds: The longest duration of each episode.
        size: Height and width of drawn robots, in pixels.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the run kept no snapshots, or the environment cannot be drawn.
    """
    settings = read_settings(folder)
    kept = kept_snapshots(folder)
    agent = load_agent(folder, kept[0])
    drawer = EpisodeDrawer(settings.env, settings.env_kwargs, size=size)
    seed = integer_seed(settings.seed, "film")

    def frames() -> Iterator[Frame]:
        for place, steps in enumerate(kept):
            load_snapshot(folder, steps, agent.policy)
            for frame in drawer.pictures(deterministic(agent), seed=seed, seconds=seconds):
                shown = with_caption(frame, f"after {steps:,} of {kept[-1]:,} steps")
                yield shown
            yield from [shown] * round(HOLD_SECONDS * drawer.frames_per_second)
            progress((place + 1) / len(kept))

    try:
        write_video(path, frames(), drawer.frames_per_second)
    finally:
        drawer.close()


def deterministic(agent: PPO) -> Callable[[Any], Any]:
    """Return a function that gives an agent's most probable action for an observation."""

    def act(observation: Any) -> Any:
        action = agent.predict(observation, deterministic=True)[0]
        return action.item() if action.ndim == 0 else action  # some take only a plain number

    return act
