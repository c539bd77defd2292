"""Clips: episodes, segments and comparisons as films."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prefrl.drawing import Frame
from prefrl.episode_drawing import EpisodeDrawer
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.video import write_video

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
    hold: bool = False,
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
        hold: Whether to hold the last picture for half a second, for films shown in a loop.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the environment cannot be drawn, or the film not written.
    """
    drawer = EpisodeDrawer(env_id, env_kwargs, size=size)
    frames = drawer.pictures(act, seed=seed, seconds=seconds, progress=progress)
    try:
        held = round(HOLD_SECONDS * drawer.frames_per_second) if hold else 0
        write_video(path, _held(frames, held), drawer.frames_per_second)
    finally:
        drawer.close()


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


def _held(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    for frame in frames:
        yield frame
    yield from [frame] * count


def _beside(frames: Sequence[Frame]) -> Frame:
    gap = np.full((len(frames[0]), GAP, 3), 255, np.uint8)
    separated = [part for frame in frames for part in (gap, frame)]
    return np.concatenate(separated[1:], axis=1)
