"""Clips: an episode as a film."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gymnasium

from prefrl.drawing import Frame, make_drawer, snapshot_reader
from prefrl.environments import make, step_seconds
from prefrl.errors import UserError
from prefrl.video import frame_stride, write_video

UNKNOWN_STEP_SECONDS = 1 / 15
"""How long a step is shown where an environment does not say how long it lasts, in seconds."""


def film_episode(
    path: Path,
    env_id: str,
    act: Callable[[Any], Any],
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = 0,
    seconds: float = 10.0,
    size: int = 256,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Act for an episode and write it as a film that plays in real time.

    Args:
        path: The mp4 file to write.
        env_id: The environment's id.
        act: Gives the action for an observation.
        env_kwargs: Arguments for the environment.
        seed: Determines the episode's start.
        seconds: The longest duration of the film; the rest of the episode is left out.
        size: Height and width of drawn robots, in pixels.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the environment cannot be drawn, or the film not written.
    """
    env = make(env_id, env_kwargs)
    reader = snapshot_reader(env)
    if reader is None:
        env.close()
        env = _make_rendering(env, env_id, env_kwargs)
    duration = step_seconds(env) or UNKNOWN_STEP_SECONDS
    stride = frame_stride(duration)
    steps = max(1, round(seconds / duration))
    look = _look_from_snapshots(env, size) if reader is not None else env.render
    frames = _frames(env, act, look, seed=seed, steps=steps, stride=stride, progress=progress)
    try:
        write_video(path, frames, 1 / (duration * stride))
    except gymnasium.error.DependencyNotInstalled as error:
        raise UserError(f"{env_id} cannot be drawn: {error}") from error
    finally:
        env.close()


def _make_rendering(
    env: gymnasium.Env[Any, Any], env_id: str, kwargs: Mapping[str, Any] | None
) -> gymnasium.Env[Any, Any]:
    if "rgb_array" not in env.metadata.get("render_modes", ()):
        raise UserError(f"{env_id} cannot be drawn: it has neither snapshots nor images")
    # pygame, which draws many environments, complains where there is no display to open.
    if not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    return make(env_id, {**(kwargs or {}), "render_mode": "rgb_array"})


def _look_from_snapshots(env: gymnasium.Env[Any, Any], size: int) -> Callable[[], Frame]:
    reader, draw = snapshot_reader(env), make_drawer(env, size)
    assert reader is not None
    return lambda: draw(reader())


def _frames(
    env: gymnasium.Env[Any, Any],
    act: Callable[[Any], Any],
    look: Callable[[], Any],
    *,
    seed: int,
    steps: int,
    stride: int,
    progress: Callable[[float], None],
) -> Iterator[Frame]:
    observation, _ = env.reset(seed=seed)
    for step in range(steps):
        if step % stride == 0:
            yield look()
            progress((step + 1) / steps)
        observation, _, terminated, truncated, _ = env.step(act(observation))
        if terminated or truncated:
            break
    progress(1.0)
