"""Tests of prefrl.video."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.drawing import Frame
from prefrl.errors import UserError
from prefrl.video import frame_stride, write_video


def frames(count: int, height: int = 16, width: int = 16) -> Iterator[Frame]:
    for index in range(count):
        yield np.full((height, width, 3), 40 * index, np.uint8)


def test_a_film_has_every_frame_at_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "film.mp4"
    write_video(path, frames(6, 32, 48), 20)
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == 6
    assert seconds == pytest.approx(6 / 20, abs=0.01)
    assert [file.name for file in path.parent.iterdir()] == ["film.mp4"]


def test_frames_keep_their_order_and_brightness(
    tmp_path: Path, film_shades: Callable[[Path], list[float]]
) -> None:
    write_video(tmp_path / "film.mp4", frames(4, 32, 48), 20)
    np.testing.assert_allclose(film_shades(tmp_path / "film.mp4"), [0, 40, 80, 120], atol=4)


def test_frames_of_an_odd_size_gain_a_row_and_a_column(tmp_path: Path) -> None:
    write_video(tmp_path / "film.mp4", frames(2, 17, 31), 20)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(tmp_path / "film.mp4")]
    assert b" 32x18" in subprocess.run(command, capture_output=True, check=False).stderr


def test_a_film_that_breaks_off_does_not_appear(tmp_path: Path) -> None:
    def broken() -> Iterator[Frame]:
        yield from frames(2)
        raise RuntimeError("the drawer failed")

    with pytest.raises(RuntimeError, match="the drawer failed"):
        write_video(tmp_path / "film.mp4", broken(), 20)
    assert not (tmp_path / "film.mp4").exists()


def test_without_the_encoder_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"pip install 'prefrl\[video\]'"):
        write_video(tmp_path / "film.mp4", frames(1), 20)


@pytest.mark.parametrize(
    ("seconds", "stride"), [(0.05, 1), (1 / 30, 1), (1 / 60, 2), (0.02, 2), (0.008, 5), (2.0, 1)]
)
def test_stride_of_known_steps(seconds: float, stride: int) -> None:
    assert frame_stride(seconds) == stride


def test_stride_is_not_raised_by_rounding() -> None:
    assert frame_stride(1 / 425, 25) == 17


@given(st.floats(1e-4, 10), st.floats(1, 120))
def test_stride_is_the_least_that_keeps_the_rate(seconds: float, most: float) -> None:
    stride = frame_stride(seconds, most)
    assert 1 / (seconds * stride) <= most * (1 + 1e-6)
    assert stride == 1 or 1 / (seconds * (stride - 1)) > most
