"""Plain pictures of MuJoCo's robots, drawn without a GL library."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from prefrl.trees import Array

SKY, GROUND, TILE = (214, 226, 238), (176, 186, 172), (152, 164, 150)
SURFACE = (90, 100, 90)

SMOOTHING = 2
"""Pictures are drawn this many times larger and then averaged, against jagged edges."""

OUTLINE, SHINE = 0.55, 1.15
"""How much darker edges, and how much lighter middles are than a shape's colour."""

_Colour = tuple[int, int, int]
_Point = tuple[float, float]


class PlanarDrawer:
    """Draws joint positions of a MuJoCo model as coloured shapes on a plane.

    Robots that move in a plane are seen square to it, others obliquely from above, all without
    perspective. The picture follows a robot that can go anywhere.

    Args:
        model: A `mujoco.MjModel`; it is not changed.
        size: Height and width of the pictures, in pixels.
    """

    def __init__(self, model: Any, size: int = 256) -> None:
        """Choose what is seen, from the model's joints and its pose at rest."""
        import mujoco

        self._mujoco, self._model, self._data = mujoco, model, mujoco.MjData(model)
        self._pixels = size * SMOOTHING
        self._right, self._up, self._forward = _view(model, mujoco)
        types = mujoco.mjtGeom
        self._long = {int(types.mjGEOM_CAPSULE), int(types.mjGEOM_CYLINDER)}
        self._box = int(types.mjGEOM_BOX)
        planes = model.geom_type == types.mjGEOM_PLANE
        self._shapes = np.flatnonzero(~planes & (_colours(model)[:, 3] > 0)).tolist()
        self._colours = (_colours(model)[:, :3] * 255).tolist()
        self._floor = float(model.geom_pos[planes, 2].max()) if planes.any() else None
        self._followed = _followed_body(model, mujoco)
        self._frame_robot()

    def __call__(self, positions: Array) -> NDArray[np.uint8]:
        """Return the picture of joint positions `qpos`, `[size, size, 3]`."""
        self._pose(positions)
        image = Image.new("RGB", (self._pixels, self._pixels), SKY)
        canvas = ImageDraw.Draw(image)
        self._draw_floor(canvas)
        depths = self._data.geom_xpos @ self._forward
        for shape in sorted(self._shapes, key=lambda shape: -round(float(depths[shape]), 6)):
            self._draw_shape(canvas, shape)
        return np.array(image.reduce(SMOOTHING))

    def _pose(self, positions: Array) -> None:
        self._data.qpos[:] = positions
        self._mujoco.mj_kinematics(self._model, self._data)
        self._centre = np.zeros(3)
        if self._followed is not None:
            self._centre[:2] = self._data.xpos[self._followed, :2]

    def _frame_robot(self) -> None:
        self._pose(self._model.qpos0)
        axes = np.stack([self._right, self._up], 1)
        ends = np.array([end for shape in self._shapes for end in self._ends(shape)]) @ axes
        reach = np.array([self._radius(shape) for shape in self._shapes]).repeat(2)[:, None]
        low, high = (ends - reach).min(0), (ends + reach).max(0)
        self._lift = 0.0
        if self._followed is None:
            farthest = np.abs([low, high]).max(0)
            # Seen from the side it may fall over wherever it has slid.
            half = 1.05 * float(farthest.sum() if self._is_side_view else farthest.max())
        elif self._is_side_view and self._floor is not None:
            half = 0.8 * float(max(high[0] - low[0], high[1] - self._floor))
            self._lift = self._floor + 0.7 * half
        else:
            half = 0.8 * float((high - low).max())
            self._lift = float((high[1] + low[1]) / 2 - self._centre @ self._up)
        self._scale = self._pixels / 2 / half
        self._tile = 10.0 ** math.floor(math.log10(half))

    def _ends(self, shape: int) -> tuple[Array, Array]:
        place, half = self._data.geom_xpos[shape], np.zeros(3)
        if int(self._model.geom_type[shape]) in self._long:
            half = self._data.geom_xmat[shape].reshape(3, 3)[:, 2] * self._model.geom_size[shape, 1]
        return place - half, place + half

    def _radius(self, shape: int) -> float:
        size = self._model.geom_size[shape]
        if int(self._model.geom_type[shape]) in self._long:
            return float(size[0])
        return float(size.max() or self._model.geom_rbound[shape])

    @property
    def _is_side_view(self) -> bool:
        return bool(abs(self._up[2]) > 1 - 1e-9)

    def _place(self, point: Array) -> _Point:
        x, y = self._place_all(point).tolist()
        return x, y

    def _place_all(self, points: Array) -> Array:
        across = (points - self._centre) @ self._right
        upwards = (points - self._centre) @ self._up - self._lift
        return self._pixels / 2 + np.stack([across, -upwards], -1) * self._scale

    def _draw_floor(self, canvas: ImageDraw.ImageDraw) -> None:
        if self._floor is None:
            return
        if self._is_side_view:
            self._draw_ground(canvas, self._place(np.array([0, 0, self._floor]))[1])
            return
        canvas.rectangle((0, 0, self._pixels, self._pixels), fill=GROUND)
        reach = 1 + math.ceil(self._pixels / self._scale / self._tile / abs(self._forward[2]))
        near = np.floor(self._centre[:2] / self._tile)
        tiles = near + np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).T
        corners = tiles[tiles.sum(1) % 2 == 0][:, None] + [[0, 0], [1, 0], [1, 1], [0, 1]]
        heights = np.full((*corners.shape[:2], 1), self._floor)
        points = self._place_all(np.concatenate([corners * self._tile, heights], axis=2))
        inside: Array = (points.max(1) > 0) & (points.min(1) < self._pixels)
        seen = inside.all(axis=1)
        for tile in points[seen].reshape(-1, 8).tolist():
            canvas.polygon(tile, fill=TILE)

    def _draw_ground(self, canvas: ImageDraw.ImageDraw, surface: float) -> None:
        if surface >= self._pixels:
            return
        canvas.rectangle((0, surface, self._pixels, self._pixels), fill=GROUND)
        tile, reach = self._tile, self._pixels / self._scale / 2
        first = math.floor((self._centre[0] - reach) / tile / 2)
        last = math.ceil((self._centre[0] + reach) / tile / 2)
        for column in range(first, last + 1):
            left = self._place(np.array([2 * column * tile, 0, 0]))[0]
            canvas.rectangle((left, surface, left + tile * self._scale, self._pixels), fill=TILE)
        canvas.line((0, surface, self._pixels, surface), fill=SURFACE, width=3)

    def _draw_shape(self, canvas: ImageDraw.ImageDraw, shape: int) -> None:
        colour, (start, end) = self._colours[shape], self._ends(shape)
        if int(self._model.geom_type[shape]) == self._box:
            turn = self._data.geom_xmat[shape].reshape(3, 3)
            self._draw_box(canvas, start, turn * self._model.geom_size[shape], colour)
            return
        ends = self._place(start), self._place(end)
        radius = max(self._radius(shape) * self._scale, 1.5)
        _draw_rounded(canvas, ends, radius, _shade(colour, OUTLINE))
        _draw_rounded(canvas, ends, radius - 2.5, _shade(colour, 1))
        if radius > 8:
            _draw_rounded(canvas, ends, radius * 0.35, _shade(colour, SHINE))

    def _draw_box(
        self, canvas: ImageDraw.ImageDraw, place: Array, halves: Array, colour: list[float]
    ) -> None:
        # The six faces together cover what the box covers, whichever of them are in front.
        for axis in range(3):
            one, other = halves[:, (axis + 1) % 3], halves[:, (axis + 2) % 3]
            for middle in (place - halves[:, axis], place + halves[:, axis]):
                corners = (-one - other, one - other, one + other, other - one)
                points = [self._place(middle + corner) for corner in corners]
                canvas.polygon(points, fill=_shade(colour, 1), outline=_shade(colour, OUTLINE))


def _view(model: Any, mujoco: Any) -> tuple[Array, Array, Array]:
    # The directions to the right, upwards and away.
    joints = mujoco.mjtJoint
    axes = np.abs(model.jnt_axis[model.jnt_type == joints.mjJNT_HINGE])
    turns_freely = np.isin(model.jnt_type, (joints.mjJNT_FREE, joints.mjJNT_BALL)).any()
    flat = len(axes) > 0 and not turns_freely
    if flat and np.allclose(axes, [0, 1, 0]):
        return _directions(0, 0)
    if flat and np.allclose(axes, [0, 0, 1]):
        return _directions(0, 90)
    return _directions(20, 35)


def _directions(turned: float, raised: float) -> tuple[Array, Array, Array]:
    # Of a camera that looks along y, turned about z and raised to look down, in degrees.
    turned, raised = math.radians(turned), math.radians(raised)
    right = np.array([math.cos(turned), math.sin(turned), 0])
    ahead = np.array([-math.sin(turned), math.cos(turned), 0])
    vertical = np.array([0, 0, 1.0])
    up = math.sin(raised) * ahead + math.cos(raised) * vertical
    return right, up, math.cos(raised) * ahead - math.sin(raised) * vertical


def _followed_body(model: Any, mujoco: Any) -> int | None:
    joints = mujoco.mjtJoint
    slides = (model.jnt_type == joints.mjJNT_SLIDE) & (model.jnt_limited == 0)
    bodies = model.jnt_bodyid[slides | (model.jnt_type == joints.mjJNT_FREE)]
    return int(bodies[0]) if len(bodies) else None


def _colours(model: Any) -> Array:
    # As MuJoCo does: a material's colour stands where a shape's own was left at grey.
    colours: Array = model.geom_rgba.copy()
    plain = (model.geom_matid >= 0) & (colours == 0.5).all(1, where=[True, True, True, False])
    colours[plain] = model.mat_rgba[model.geom_matid[plain]]
    return colours


def _draw_rounded(
    canvas: ImageDraw.ImageDraw, ends: tuple[_Point, _Point], radius: float, colour: _Colour
) -> None:
    if radius <= 0:
        return
    canvas.line(ends, fill=colour, width=max(1, round(2 * radius)))
    for x, y in ends:
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _shade(colour: list[float], factor: float) -> _Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue
