"""The GL library that MuJoCo renders with: chosen, and tried."""

import ctypes.util
import functools
import os
import sys
import warnings

_GL_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}
"""Those that need no display, by MuJoCo's names for them."""

_SWITCHES = {"enable", "enabled", "on", "true", "1", "disable", "disabled", "off", "false", "0"}
_OTHER_GL = _SWITCHES | {"glfw", "glx", "wgl", "cgl"}
"""What else MUJOCO_GL may say."""


def choose_gl() -> None:
    """Choose MuJoCo's GL library where the user has not; call before mujoco is imported.

    Only a library that can be loaded is chosen, since a missing one must not stop training. For
    the same reason a choice of the user's that cannot be loaded is replaced, which is said.
    """
    named = os.environ.get("MUJOCO_GL", "").lower().strip()
    wanted = _GL_LIBRARIES.get(named)
    if wanted is None and named in _OTHER_GL:
        return
    if wanted is not None and ctypes.util.find_library(wanted):
        return
    there = [name for name, file in _GL_LIBRARIES.items() if ctypes.util.find_library(file)]
    if there:
        os.environ["MUJOCO_GL"] = there[0]
    elif named:
        os.environ["MUJOCO_GL"] = "disabled"
    if named:
        print(
            f"prefrl: MUJOCO_GL is {named}, which is not installed; going on with "
            f"MUJOCO_GL={os.environ['MUJOCO_GL']}",
            file=sys.stderr,
        )


@functools.cache
def gl_works() -> bool:
    """Return whether MuJoCo can render; where it cannot, say so, once.

    It is tried once, since a second failure makes MuJoCo abort the process.
    """
    import mujoco

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GLFW warns before it fails
            mujoco.Renderer(mujoco.MjModel.from_xml_string("<mujoco/>"), 16, 16).close()
    except Exception:  # PyOpenGL and mujoco raise many kinds where GL is missing
        print(
            "prefrl: no GL library can be loaded, so robots are drawn flat; installing one gives "
            "nicer pictures (Debian and Ubuntu: apt-get install libegl1 libgl1-mesa-dri)",
            file=sys.stderr,
        )
        return False
    return True
