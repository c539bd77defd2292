"""Tests of prefrl.planar."""

from typing import Any

import mujoco
import numpy as np
import pytest

from prefrl.environments import make
from prefrl.planar import GROUND, SKY, TILE, PlanarDrawer
from prefrl.trees import Array

ROBOTS = {
    "HalfCheetah": "side",
    "Hopper": "side",
    "Walker2d": "side",
    "InvertedPendulum": "side",
    "InvertedDoublePendulum": "side",
    "Swimmer": "top",
    "Reacher": "top",
    "Ant": "oblique",
}

BALL = """<mujoco><worldbody>
    <geom type="plane" size="1 1 1"/>
    <body pos="0 0 0.5">
        <joint type="slide" axis="1 0 0" {limits}/>
        <joint type="slide" axis="0 0 1" {limits}/>
        <joint type="hinge" axis="0 1 0"/><geom type="{shape}" size="0.1 0.1 0.1" rgba="1 0 0 1"/>
    </body>
</worldbody></mujoco>"""


def ball(limits: str = "", shape: str = "sphere") -> Any:
    return mujoco.MjModel.from_xml_string(BALL.format(limits=limits, shape=shape))


def red(picture: Array) -> Array:
    """Return where a picture is red, `[n, 2]` of rows and columns."""
    return np.argwhere((picture[..., 0] > 150) & (picture[..., 1] < 60))


def model_of(robot: str) -> Any:
    return make(f"{robot}-v5").unwrapped.model  # type: ignore[attr-defined]


@pytest.mark.parametrize(("robot", "view"), ROBOTS.items())
def test_robots_are_seen_square_to_the_plane_they_move_in(robot: str, view: str) -> None:
    model = model_of(robot)
    picture = PlanarDrawer(model, 64)(model.qpos0)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    assert (picture[:20] == SKY).all(2).any() == (view == "side")
    backgrounds = [(picture == colour).all(2) for colour in (SKY, GROUND, TILE)]
    seen = ~np.any(backgrounds, axis=0)
    assert seen.mean() > 0.02, "nothing is drawn"


@pytest.mark.parametrize("shape", ["sphere", "capsule", "box", "cylinder", "ellipsoid"])
def test_shapes_are_where_they_are(shape: str) -> None:
    drawer = PlanarDrawer(ball('limited="true" range="-1 1"', shape), 128)
    middles = [red(drawer(np.array([x, z, 0]))).mean(0) for x, z in ((0, 0), (0.2, 0), (0, 0.1))]
    here, right, up = middles
    step = right[1] - here[1]
    assert step > 10
    np.testing.assert_allclose(right - here, [0, step], atol=0.6)
    np.testing.assert_allclose(up - here, [-step / 2, 0], atol=0.6)
    assert here[1] == pytest.approx(63.5, abs=0.6)


def test_a_robot_that_can_go_anywhere_stays_in_the_middle_of_a_floor_that_moves() -> None:
    drawer = PlanarDrawer(ball(), 128)
    first, near, far = (drawer(np.array([x, 0, 0])) for x in (0, 0.005, 1000.005))
    np.testing.assert_array_equal(red(far), red(first))
    assert (near[-1] != first[-1]).any()


def test_what_is_too_high_to_be_on_a_floor_is_seen_above_it() -> None:
    drawer = PlanarDrawer(ball(), 128)
    floor = (drawer(np.zeros(3))[:, 0] == SKY).all(1).sum()
    low, high = (red(drawer(np.array([0, z, 0])))[:, 0].max() for z in (-0.4, -0.3))
    assert high < low < floor


def test_later_shapes_hide_farther_ones() -> None:
    near, far = (
        '<geom pos="0 -1 0.5" size="0.1" rgba="0 0 1 1"/>',
        '<geom pos="0 1 0.5" size="0.1" rgba="1 0 0 1"/>',
    )
    for order in (near + far, far + near):
        world = f"<body><joint type='hinge' axis='0 1 0'/>{order}</body>"
        xml = f"<mujoco><worldbody>{world}</worldbody></mujoco>"
        drawer = PlanarDrawer(mujoco.MjModel.from_xml_string(xml), 64)
        assert len(red(drawer(np.zeros(1)))) == 0


def test_a_pose_always_gives_the_same_picture_and_the_model_stays_as_it_was() -> None:
    model = model_of("Walker2d")
    sizes, drawer = model.geom_size.copy(), PlanarDrawer(model, 64)
    first = drawer(model.qpos0)
    assert (drawer(model.qpos0 + 0.3) != first).any()
    np.testing.assert_array_equal(drawer(model.qpos0), first)
    np.testing.assert_array_equal(model.geom_size, sizes)
