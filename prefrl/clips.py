"""Clips: episodes, segments and comparisons as films."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from prefrl.drawing import Frame, make_drawer, snapshot_reader
from prefrl.environments import make, shown_step_seconds
from prefrl.errors import UserError
from prefrl.rendering import make_rendering, offers_images, render
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.video import frame_stride, write_video

HOLD_SECONDS = 0.5
"""How long the last frame of a comparison is held, in seconds."""

GAP = 8
"""Pixels between the pictures of a comparison."""


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
        if not offers_images(env):
            raise UserError(f"{env_id} cannot be drawn: it has neither snapshots nor images")
        env = make_rendering(env_id, env_kwargs)
    duration = shown_step_seconds(env)
    stride = frame_stride(duration)
    steps = max(1, round(seconds / duration))
    look = _look_from_snapshots(env, size) if reader is not None else lambda: render(env)
    frames = _frames(env, act, look, seed=seed, steps=steps, stride=stride, progress=progress)
    try:
        write_video(path, frames, 1 / (duration * stride))
    finally:
        env.close()


def write_segment_clip(path: Path, segment: Segment, drawer: SegmentDrawer) -> None:
    """Write a segment as a film that plays in real time.

    Args:
        path: The mp4 file to write.
        segment: What to show.
        drawer: Of the segment's environment.

    Raises:
        UserError: If the segment cannot be drawn, or the film not written.
    """
    write_video(path, drawer.pictures(segment), drawer.frames_per_second)


def write_comparison_clip(path: Path, segments: Sequence[Segment], drawer: SegmentDrawer) -> None:
    """Write segments as one film, side by side from left to right.

    Shorter ones wait at their last picture for the longest, which is held for half a second.

    Args:
        path: The mp4 file to write.
        segments: What to show, at least one segment.
        drawer: Of the segments' environment.

    Raises:
        UserError: If a segment cannot be drawn, or the film not written.
    """
    columns = [drawer.pictures(segment) for segment in segments]
    length = max(map(len, columns)) + round(HOLD_SECONDS * drawer.frames_per_second)
    held = [[*column, *[column[-1]] * (length - len(column))] for column in columns]
    rows = map(_beside, zip(*held, strict=True))
    write_video(path, rows, drawer.frames_per_second)


def _beside(frames: Sequence[Frame]) -> Frame:
    gap = np.full((len(frames[0]), GAP, 3), 255, np.uint8)
    separated = [part for frame in frames for part in (gap, frame)]
    return np.concatenate(separated[1:], axis=1)


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
    yield look()  # how it ended
    progress(1.0)
