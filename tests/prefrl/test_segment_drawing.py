"""Tests of prefrl.segment_drawing."""

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.errors import UserError
from prefrl.origins import Origin
from prefrl.rendering import to_png
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.trees import Array


class Lamp(gymnasium.Env[Any, Any]):
    """Is as bright as the last action; starts as bright as its seed says. 15 steps a second."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}  # noqa: RUF012
    observation_space = action_space = spaces.Discrete(256)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.brightness = int(self.np_random.integers(256))
        return self.brightness, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.brightness = action
        return action, 0.0, False, False, {}

    def render(self) -> Any:
        return np.full((20, 40, 3), self.brightness, np.uint8)


class SnapshotLamp(Lamp):
    """Is drawn from snapshots; 60 steps a second."""

    dt = 1 / 60

    def snapshot(self) -> Array:
        return np.array(self.brightness)

    def draw(self, snapshot: Array) -> Any:
        return np.full((2, 2, 3), snapshot, np.uint8)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register the lamps, for the length of a test."""
    for lamp in (Lamp, SnapshotLamp):
        gymnasium.register(f"testing/{lamp.__name__}-v0", f"{__name__}:{lamp.__name__}")
    yield
    for lamp in (Lamp, SnapshotLamp):
        del gymnasium.registry[f"testing/{lamp.__name__}-v0"]


@pytest.fixture
def drawer() -> Iterator[SegmentDrawer]:
    """Draws segments of lamps, at most 20 pixels large."""
    drawer = SegmentDrawer("testing/Lamp-v0", size=20)
    yield drawer
    drawer.close()


def lamp_segment(before: list[int], actions: list[int], seed: int = 3) -> Segment:
    """Return what a lamp does after some actions of an episode."""
    first = before[-1] if before else Lamp().reset(seed=seed)[0]
    observations = np.array([first, *actions[:-1]])
    origin = Origin(seed, np.array(before, int))
    return Segment(observations, np.array(actions), np.zeros(len(actions)), origin=origin)


def shades(pictures: list[Any]) -> list[float]:
    return [picture.mean() for picture in pictures]


@pytest.mark.parametrize("before", [[], [7, 9]])
def test_an_episode_is_acted_out_again(drawer: SegmentDrawer, before: list[int]) -> None:
    segment = lamp_segment(before, [50, 60, 70])
    pictures = drawer.pictures(segment)
    assert shades(pictures) == np.asarray(segment.observations).tolist()
    assert pictures[0].shape == (10, 20, 3)
    assert drawer.frames_per_second == 15


def test_segments_may_be_drawn_in_any_order(drawer: SegmentDrawer) -> None:
    segments = [lamp_segment([1], [2, 3]), lamp_segment([], [4], seed=8)]
    first = [shades(drawer.pictures(segment)) for segment in segments]
    assert [shades(drawer.pictures(segment)) for segment in reversed(segments)] == first[::-1]


def test_a_replay_that_differs_is_not_shown(drawer: SegmentDrawer) -> None:
    segment = lamp_segment([7, 9], [50, 60])
    wrong = Segment(np.array([9, 51]), segment.actions, np.zeros(2), origin=segment.origin)
    with pytest.raises(UserError, match=r"Lamp-v0 cannot be drawn: .* other observations"):
        drawer.pictures(wrong)


def test_recorded_pictures_are_shown(
    drawer: SegmentDrawer, make_segment: Callable[..., Segment]
) -> None:
    frames = tuple(to_png(np.full((30, 40, 3), shade, np.uint8)) for shade in (5, 6))
    pictures = drawer.pictures(make_segment([0.0, 0.0], frames=frames))
    assert shades(pictures) == [5, 6]
    assert pictures[0].shape == (15, 20, 3)


def test_snapshots_are_drawn_at_thirty_a_second(make_segment: Callable[..., Segment]) -> None:
    drawer = SegmentDrawer("testing/SnapshotLamp-v0")
    segment = make_segment([0.0] * 5, snapshots=np.array([10, 11, 12, 13, 14]))
    assert shades(drawer.pictures(segment)) == [10, 12, 14]
    assert drawer.frames_per_second == pytest.approx(30)


def test_a_segment_that_holds_nothing_to_draw_is_a_user_error(
    drawer: SegmentDrawer, make_segment: Callable[..., Segment]
) -> None:
    with pytest.raises(UserError, match="cannot be drawn: they hold neither snapshots"):
        drawer.pictures(make_segment([0.0]))
