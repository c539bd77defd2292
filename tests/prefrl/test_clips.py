"""Tests of prefrl.clips."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import imageio_ffmpeg
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.clips import (
    GAP,
    HOLD_SECONDS,
    film_episode,
    write_comparison_clip,
    write_segment_clip,
)
from prefrl.drawing import Frame
from prefrl.errors import UserError
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.trees import Array


class Lamp(gymnasium.Env[Any, Any]):
    """A lamp as bright as the last action, whose episodes last 12 steps of 0.05 seconds."""

    observation_space = action_space = spaces.Discrete(256)
    dt = 0.05

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.brightness = int(self.np_random.integers(100, 200))
        self.steps = 0
        return self.brightness, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.brightness, self.steps = action, self.steps + 1
        return action, 0.0, self.steps == 12, False, {}


class DrawableLamp(Lamp):
    """Offers snapshots."""

    def snapshot(self) -> Array:
        return np.array(self.brightness)

    def draw(self, snapshot: Array) -> Frame:
        return np.full((16, 16, 3), snapshot, np.uint8)


class FastLamp(DrawableLamp):
    """Has steps of a sixtieth of a second."""

    dt = 1 / 60


class RenderedLamp(Lamp):
    """Offers images only, of any size."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def render(self) -> Any:
        return np.full((16, 32, 3), self.brightness, np.uint8)


class BrokenLamp(RenderedLamp):
    """Lacks a package for drawing, which it notices late, as Gymnasium's classic control does."""

    def render(self) -> Any:
        raise gymnasium.error.DependencyNotInstalled("pygame is not installed")


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register the lamps, for the length of a test."""
    lamps = [Lamp, DrawableLamp, FastLamp, RenderedLamp, BrokenLamp]
    for lamp in lamps:
        gymnasium.register(f"testing/{lamp.__name__}-v0", f"{__name__}:{lamp.__name__}")
    yield
    for lamp in lamps:
        del gymnasium.registry[f"testing/{lamp.__name__}-v0"]


@pytest.mark.parametrize("lamp", ["DrawableLamp", "RenderedLamp"])
def test_an_episode_is_filmed_to_its_end_in_real_time(tmp_path: Path, lamp: str) -> None:
    path = tmp_path / "film.mp4"
    film_episode(path, f"testing/{lamp}-v0", lambda observation: observation)
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == 13  # with the state after the last step
    assert seconds == pytest.approx(13 * 0.05, abs=0.01)


def test_a_film_ends_when_its_time_is_up(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    film_episode(path, "testing/DrawableLamp-v0", lambda observation: observation, seconds=0.2)
    assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == 5


def test_fast_steps_are_thinned_to_thirty_frames_a_second(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    film_episode(path, "testing/FastLamp-v0", lambda observation: observation)
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == 7
    assert seconds == pytest.approx(14 / 60, abs=0.01)


def test_the_film_shows_what_the_agent_does(
    tmp_path: Path, film_shades: Callable[[Path], list[float]]
) -> None:
    path = tmp_path / "film.mp4"
    film_episode(path, "testing/DrawableLamp-v0", lambda observation: observation // 2)
    seen = film_shades(path)
    np.testing.assert_allclose(seen[1:5], [seen[0] / 2**step for step in range(1, 5)], atol=6)


def test_the_film_shows_how_the_episode_ends(
    tmp_path: Path, film_shades: Callable[[Path], list[float]]
) -> None:
    actions = iter([0] * 11 + [200])
    path = tmp_path / "film.mp4"
    film_episode(path, "testing/DrawableLamp-v0", lambda _: next(actions))
    np.testing.assert_allclose(film_shades(path)[-2:], [0, 200], atol=6)


def test_the_seed_fixes_the_start(
    tmp_path: Path, film_shades: Callable[[Path], list[float]]
) -> None:
    starts = []
    for seed in (1, 1, 2):
        path = tmp_path / "film.mp4"
        film_episode(path, "testing/DrawableLamp-v0", lambda _: 0, seed=seed, seconds=0.05)
        starts.append(film_shades(path)[0])
    assert starts[0] == starts[1] != starts[2]


def test_progress_grows_to_one(tmp_path: Path) -> None:
    shares = list[float]()
    film_episode(
        tmp_path / "film.mp4", "testing/DrawableLamp-v0", lambda _: 0, progress=shares.append
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("lamp", ["Lamp", "BrokenLamp"])
def test_what_cannot_be_drawn_is_a_user_error(tmp_path: Path, lamp: str) -> None:
    with pytest.raises(UserError, match=f"testing/{lamp}-v0 cannot be drawn"):
        film_episode(tmp_path / "film.mp4", f"testing/{lamp}-v0", lambda _: 0)
    assert not (tmp_path / "film.mp4").exists()


@pytest.fixture
def drawer() -> Iterator[SegmentDrawer]:
    """Draws segments of lamps."""
    drawer = SegmentDrawer("testing/DrawableLamp-v0")
    yield drawer
    drawer.close()


def test_a_segment_is_filmed_in_real_time(
    tmp_path: Path,
    drawer: SegmentDrawer,
    make_segment: Callable[..., Segment],
    film_shades: Callable[[Path], list[float]],
) -> None:
    path = tmp_path / "clip.mp4"
    write_segment_clip(path, make_segment([0] * 3, snapshots=np.array([0, 100, 200])), drawer)
    assert imageio_ffmpeg.count_frames_and_secs(str(path)) == (3, pytest.approx(0.15, abs=0.01))
    np.testing.assert_allclose(film_shades(path), [0, 100, 200], atol=6)


def test_a_comparison_waits_for_the_longest_and_holds_its_last_picture(
    tmp_path: Path, drawer: SegmentDrawer, make_segment: Callable[..., Segment]
) -> None:
    path = tmp_path / "clip.mp4"
    segments = [
        make_segment([0] * 2, snapshots=np.array([0, 50])),
        make_segment([0] * 4, snapshots=np.array([100, 150, 200, 250])),
    ]
    write_comparison_clip(path, segments, drawer)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo"]
    pixels = subprocess.run([*command, "-pix_fmt", "gray", "-"], capture_output=True, check=True)
    film = np.frombuffer(pixels.stdout, np.uint8).reshape(-1, 16, 16 + GAP + 16)
    left, right = film[:, 8, 4], film[:, 8, -4]
    held = round(HOLD_SECONDS / 0.05)
    np.testing.assert_allclose(left, [0, 50, 50, 50, *[50] * held], atol=8)
    np.testing.assert_allclose(right, [100, 150, 200, 250, *[250] * held], atol=8)
