"""Frames of environments, drawn from snapshots."""

import copy
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from numpy.typing import NDArray

from prefrl.errors import UserError
from prefrl.gl import gl_works
from prefrl.trees import Array

Frame = NDArray[np.uint8]
"""An image, `[height, width, 3]`."""

Drawer = Callable[[Array], Frame]
"""Draws one snapshot."""


@runtime_checkable
class Drawable(Protocol):
    """What an environment may offer so that its segments can be drawn later."""

    def snapshot(self) -> Array:
        """Return the state to draw, always of one shape and type."""

    def draw(self, snapshot: Array) -> Frame:
        """Draw a state that `snapshot` returned, now or in another copy of the environment."""


def snapshot_reader(env: gymnasium.Env[Any, Any]) -> Callable[[], Array] | None:
    """Return a function that reads an environment's present snapshot, or None if it has none.

    A MuJoCo environment that offers none of its own is drawn from its joint positions `qpos`.
    """
    core = env.unwrapped
    if isinstance(core, Drawable):
        return core.snapshot
    data = getattr(core, "data", None)
    if data is None or not hasattr(data, "qpos"):
        return None
    positions: Array = data.qpos  # a view, so that reading it costs no attribute look-up
    return lambda: positions.astype(np.float32)


def make_drawer(env: gymnasium.Env[Any, Any], size: int = 256) -> Drawer:
    """Return a function that draws snapshots of this kind of environment.

    Where no GL library can be loaded, MuJoCo's robots are drawn flat, which is said once.

    Args:
        env: An environment of the kind; its own state is not changed.
        size: Height and width of MuJoCo's frames, in pixels.

    Raises:
        UserError: If the environment offers nothing to draw, or draws text.
    """
    core = env.unwrapped
    if core.metadata.get("render_modes") == ["ansi"]:
        raise UserError(f"{env} cannot be drawn as pictures: it shows text")
    if isinstance(core, Drawable):
        return core.draw
    if hasattr(core, "model") and hasattr(core, "data"):
        return _mujoco_drawer(core, size)
    raise UserError(f"{env} cannot be drawn: it has no snapshots; give it snapshot() and draw()")


def _mujoco_drawer(core: Any, size: int) -> Drawer:
    if gl_works():
        return _rendered_drawer(core, size)
    try:
        from prefrl.planar import PlanarDrawer
    except ImportError as error:
        raise UserError(
            "drawing robots without a GL library needs the video extra: pip install 'prefrl[video]'"
        ) from error
    return PlanarDrawer(core.model, size)


def _rendered_drawer(core: Any, size: int) -> Drawer:
    import mujoco

    model = copy.copy(core.model)
    data = mujoco.MjData(model)
    camera = _camera(core, mujoco)
    floors = _floors(model, mujoco) if camera == FOLLOWING else {}
    # No multisampling, shadows or mirror images, which cost software rendering most of its time.
    model.vis.quality.offsamples = 0
    model.vis.quality.shadowsize = 0
    model.vis.global_.offwidth = max(model.vis.global_.offwidth, size)
    model.vis.global_.offheight = max(model.vis.global_.offheight, size)
    renderer = mujoco.Renderer(model, size, size)
    renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0

    def draw(snapshot: Array) -> Frame:
        data.qpos[:] = snapshot
        if floors:
            mujoco.mj_kinematics(model, data)
            for floor, tile in floors.items():
                model.geom_pos[floor, :2] = np.round(data.xpos[1, :2] / tile) * tile
        mujoco.mj_forward(model, data)
        renderer.update_scene(data, camera)
        return np.array(renderer.render())

    return draw


def _floors(model: Any, mujoco: Any) -> dict[int, Array]:
    # Robots run off floors that are drawn as wide as their models say; so these are moved along by
    # whole repetitions of what they show, which nobody sees. (Floors without an edge, of size 0,
    # take software rendering several times as long.) Collisions know no edge anyway.
    floors = {}
    for plane in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE).tolist():
        sides, material = 2 * model.geom_size[plane, :2], model.geom_matid[plane]
        if sides.all():
            repeats = model.mat_texrepeat[material] if material >= 0 else np.ones(2)
            per_metre = material >= 0 and model.mat_texuniform[material]
            floors[plane] = 1 / repeats if per_metre else sides / repeats
            model.geom_sameframe[plane] = 0  # else its position is taken to be the world's
    return floors


def _camera(core: Any, mujoco: Any) -> Any:
    # The camera that Gymnasium's own rendering uses: the model's that follows the robot, or a free
    # one as the environment sets it.
    if mujoco.mj_name2id(core.model, mujoco.mjtObj.mjOBJ_CAMERA, FOLLOWING) >= 0:
        return FOLLOWING
    data = mujoco.MjData(core.model)
    mujoco.mj_forward(core.model, data)
    camera = mujoco.MjvCamera()
    mujoco.mjv_defaultFreeCamera(core.model, camera)
    camera.lookat[:] = np.median(data.geom_xpos, axis=0)
    camera.distance = core.model.stat.extent
    for name, value in (core.mujoco_renderer.default_cam_config or {}).items():
        if isinstance(value, np.ndarray):
            getattr(camera, name)[:] = value
        else:
            setattr(camera, name, value)
    return camera


FOLLOWING = "track"
"""The camera of Gymnasium's models that follows a robot which can walk away."""
