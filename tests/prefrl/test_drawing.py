"""Tests of prefrl.drawing."""

import os
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.drawing import Drawer, Frame, make_drawer, snapshot_reader
from prefrl.environments import make
from prefrl.errors import UserError
from prefrl.gl import gl_works
from prefrl.planar import PlanarDrawer
from prefrl.trees import Array

ROBOT = "Reacher-v5"


class Lamp(gymnasium.Env[Any, Any]):
    """A lamp as bright as the last action, drawn from that number alone."""

    observation_space = action_space = spaces.Discrete(256)
    brightness = 0

    def snapshot(self) -> Array:
        return np.array(self.brightness)

    def draw(self, snapshot: Array) -> Frame:
        return np.full((2, 4, 3), snapshot, np.uint8)


class Dark(gymnasium.Env[Any, Any]):
    """An environment that offers nothing to draw."""

    observation_space = action_space = spaces.Discrete(1)


@pytest.fixture(scope="module")
def robot() -> gymnasium.Env[Any, Any]:
    env = make(ROBOT)
    env.reset(seed=0)
    return env


@pytest.fixture(scope="module")
def draw(robot: gymnasium.Env[Any, Any]) -> Drawer:
    """Draw a robot; skips where no GL library is present, but not in continuous integration."""
    if not gl_works() and "CI" not in os.environ:
        pytest.skip("no GL library: apt-get install libegl1 libgl1-mesa-dri")
    drawer = make_drawer(robot, 64)
    assert not isinstance(drawer, PlanarDrawer)
    return drawer


class Words(Lamp):
    """An environment that shows text."""

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012


def test_text_is_no_picture() -> None:
    with pytest.raises(UserError, match="cannot be drawn as pictures: it shows text"):
        make_drawer(Words())


def test_an_environment_draws_the_snapshots_of_another_copy() -> None:
    lamp, copy = Lamp(), Lamp()
    lamp.brightness = 7
    wrapped = gymnasium.wrappers.TimeLimit(lamp, 5)
    reader = snapshot_reader(wrapped)
    assert reader is not None
    assert (make_drawer(copy)(reader()) == 7).all()


def test_an_environment_without_snapshots_cannot_be_drawn() -> None:
    assert snapshot_reader(Dark()) is None
    with pytest.raises(UserError, match=r"cannot be drawn: it has no snapshots"):
        make_drawer(Dark())


def test_a_robots_snapshot_follows_its_joints(robot: gymnasium.Env[Any, Any]) -> None:
    reader = snapshot_reader(robot)
    assert reader is not None
    before = reader()
    for _ in range(3):
        robot.step(robot.action_space.high)  # type: ignore[attr-defined]
    np.testing.assert_allclose(reader(), robot.unwrapped.data.qpos, rtol=1e-6)  # type: ignore[attr-defined]
    assert not np.array_equal(reader(), before)


def test_robots_are_seen(draw: Drawer, robot: gymnasium.Env[Any, Any]) -> None:
    frame = draw(robot.unwrapped.data.qpos)  # type: ignore[attr-defined]
    assert frame.shape == (64, 64, 3)
    assert frame.dtype == np.uint8
    assert frame.mean() > 10
    assert frame.std() > 5


def test_a_snapshot_always_gives_the_same_frame(draw: Drawer) -> None:
    first, other = np.zeros(4), np.array([1.0, 1.0, 0.1, 0.1])
    frame = draw(first)
    assert (draw(other) != frame).any()
    np.testing.assert_array_equal(draw(first), frame)


def test_drawing_leaves_the_environment_as_it_was(
    draw: Drawer, robot: gymnasium.Env[Any, Any]
) -> None:
    before = np.array(robot.unwrapped.data.qpos)  # type: ignore[attr-defined]
    draw(before + 1)
    np.testing.assert_array_equal(robot.unwrapped.data.qpos, before)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("draw")  # for there must be a GL library
def test_the_floor_is_seen_wherever_a_robot_has_run() -> None:
    env = make("HalfCheetah-v5")
    env.reset(seed=0)
    places = env.unwrapped.model.geom_pos.copy()  # type: ignore[attr-defined]
    draw_cheetah = make_drawer(env, 64)
    lower = [draw_cheetah(np.array([x, *[0.0] * 8]))[-20:] for x in (0.0, 50.0, 150.0)]
    assert min(part.std() for part in lower) > 40, "there is no chequered floor"
    np.testing.assert_array_equal(env.unwrapped.model.geom_pos, places)  # type: ignore[attr-defined]


def test_without_gl_robots_are_drawn_flat(
    monkeypatch: pytest.MonkeyPatch, robot: gymnasium.Env[Any, Any]
) -> None:
    monkeypatch.setattr("prefrl.drawing.gl_works", lambda: False)
    drawer = make_drawer(robot, 64)
    assert isinstance(drawer, PlanarDrawer)
    assert drawer(np.zeros(4)).shape == (64, 64, 3)


def test_without_gl_and_pillow_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, robot: gymnasium.Env[Any, Any]
) -> None:
    monkeypatch.setattr("prefrl.drawing.gl_works", lambda: False)
    monkeypatch.setitem(sys.modules, "prefrl.planar", None)
    with pytest.raises(UserError, match=r"pip install 'prefrl\[video\]'"):
        make_drawer(robot, 64)
