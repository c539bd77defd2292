"""Writing frames as an H.264 film."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from prefrl.drawing import Frame
from prefrl.errors import UserError

PRESET = "superfast"
"""Of x264: a third of the processor time of its default, for films half as large again."""


def write_video(path: Path, frames: Iterable[Frame], frames_per_second: float) -> None:
    """Write an mp4 file that browsers can play.

    The file appears under its name only when it is complete.

    Args:
        path: The file to write; its folder is made when missing.
        frames: Images of one size, `[height, width, 3]` uint8.
        frames_per_second: The rate to play at.

    Raises:
        UserError: If imageio with its encoder is not installed.
    """
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg  # noqa: F401  # the encoder, which imageio finds by itself
    except ImportError as error:
        raise UserError(
            "writing films needs the video extra: pip install 'prefrl[video]'"
        ) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.partial.mp4")
    try:
        with imageio.get_writer(
            partial,
            format="FFMPEG",
            fps=frames_per_second,
            codec="libx264",
            macro_block_size=2,
            ffmpeg_params=["-preset", PRESET, "-threads", "1", "-movflags", "+faststart"],
        ) as writer:
            for frame in frames:
                writer.append_data(_even(np.asarray(frame)))  # type: ignore[attr-defined]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def frame_stride(seconds_per_step: float, most_per_second: float = 30) -> int:
    """Return how many steps to advance per frame, so that films have at most that many a second."""
    return max(1, int(np.ceil(1 / (seconds_per_step * most_per_second) - 1e-9)))


def _even(frame: Frame) -> Frame:
    # The encoder takes only even numbers of pixels; an edge is doubled where one is missing.
    height, width, _ = frame.shape
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
