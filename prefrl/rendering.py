"""The images that environments render themselves, made, shrunk and packed."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import gymnasium
import numpy as np

from prefrl.drawing import Frame
from prefrl.environments import make
from prefrl.errors import UserError


def offers_images(env: gymnasium.Env[Any, Any]) -> bool:
    """Return whether a kind of environment says that it can render images."""
    return "rgb_array" in (env.metadata.get("render_modes") or ())


def make_rendering(env_id: str, kwargs: Mapping[str, Any] | None) -> gymnasium.Env[Any, Any]:
    """Make an environment that renders images.

    Raises:
        UserError: As `make` does.
    """
    return make(env_id, {**(kwargs or {}), "render_mode": "rgb_array"})


def render(env: gymnasium.Env[Any, Any]) -> Frame:
    """Return the present image of an environment that `make_rendering` made.

    Raises:
        UserError: If it cannot be rendered, as where a package is missing.
    """
    name = env.spec.id if env.spec else str(env)
    try:
        image = np.asarray(env.render())
    except Exception as error:  # other people's environments raise anything
        raise UserError(f"{name} cannot be drawn: {error}") from error
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise UserError(f"{name} cannot be drawn: render() gave no image [height, width, 3]")
    return image


def shrink(frame: Frame, largest: int) -> Frame:
    """Return a frame whose longer side has at most `largest` pixels, by averaging."""
    from PIL import Image

    height, width, _ = frame.shape
    scale = largest / max(height, width)
    if scale >= 1:
        return frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.array(Image.fromarray(frame).resize(size, Image.Resampling.BOX))


def to_png(frame: Frame) -> bytes:
    """Return a frame as a PNG file."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(frame).save(file, "png", compress_level=1)
    return file.getvalue()


def from_png(data: bytes) -> Frame:
    """Return the frame of a PNG file."""
    from PIL import Image

    return np.array(Image.open(BytesIO(data)).convert("RGB"))
