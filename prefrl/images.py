"""Images among observations: which they are, and small copies of them for reward models."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from prefrl.trees import Array, space_parts

SMALLEST, LARGEST = 16, 48
"""Sides in pixels: less is read number by number, as symbols are; more is averaged down to this."""


@dataclass(frozen=True)
class ImageShape:
    """How frames of a space become small ones, channels first.

    Attributes:
        height: Of the frames, in pixels.
        width: Of the frames, in pixels.
        channels: 1 for frames without an axis of channels.
        channel_axis: Where the channels are in a frame, 0 or 2, or None where they have no axis.
        stride: Height and width of the squares of pixels that are averaged to one.
    """

    height: int
    width: int
    channels: int
    channel_axis: int | None
    stride: int

    @property
    def small(self) -> tuple[int, int, int]:
        """Channels, height and width of the small frames."""
        return self.channels, -(-self.height // self.stride), -(-self.width // self.stride)

    def shrink(self, frames: Array) -> Array:
        """Return small frames, `[..., C, h, w]` uint8, of frames `[..., *shape]` uint8.

        What is left over at the lower and right edges is averaged with copies of itself.
        """
        leading = frames.shape[: frames.ndim - (2 if self.channel_axis is None else 3)]
        flat = frames.reshape(-1, *frames.shape[len(leading) :])
        if self.channel_axis is None:
            flat = flat[:, None]
        elif self.channel_axis == 2:
            flat = flat.transpose(0, 3, 1, 2)
        sums = np.zeros((len(flat), *self.small), np.float32)
        for rows in self._every_stride(flat, 2):
            for pixels in self._every_stride(rows, 3):
                sums += pixels
        means = (sums / self.stride**2).round().astype(np.uint8)
        small: Array = means.reshape(*leading, *self.small)
        return small

    def _every_stride(self, frames: Array, axis: int) -> Iterator[Array]:
        """Yield what is at each place of a stride along an axis, edges repeated."""
        count, wanted = frames.shape[axis], self.small[axis - 1]
        for place in range(self.stride):
            if place + (wanted - 1) * self.stride < count:
                start = [slice(None)] * axis
                yield frames[(*start, slice(place, None, self.stride))]
            else:
                places = np.arange(place, place + wanted * self.stride, self.stride)
                yield frames.take(places.clip(max=count - 1), axis)


def image_shape(space: gymnasium.Space[Any]) -> ImageShape | None:
    """Return how to shrink frames of a space, or None where it is not one of images.

    An image is a Box of bytes of two axes, or of three of which the first or the last has the
    fewest entries and is that of the channels.
    """
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8:
        return None
    axis: int | None = None
    sides, channels = space.shape, 1
    if len(space.shape) == 3:
        axis = 0 if space.shape[0] < space.shape[2] else 2
        channels = space.shape[axis]
        sides = space.shape[1:] if axis == 0 else space.shape[:2]
    if len(sides) != 2 or min(sides) < SMALLEST:
        return None
    stride = -(-max(sides) // LARGEST)
    return ImageShape(sides[0], sides[1], channels, axis, stride)


def has_images(space: gymnasium.Space[Any]) -> bool:
    """Return whether an observation is an image, or a Dict with one among its parts."""
    return any(image_shape(part) is not None for part in space_parts(space).values())
