"""Tests of prefrl.images."""

import numpy as np
import pytest
from gymnasium import spaces

from prefrl.images import LARGEST, has_images, image_shape


def frames_space(*shape: int) -> spaces.Box:
    return spaces.Box(0, 255, shape, np.uint8)


@pytest.mark.parametrize(
    ("shape", "small"),
    [
        ((210, 160, 3), (3, 42, 32)),
        ((3, 96, 96), (3, 48, 48)),
        ((84, 84), (1, 42, 42)),
        ((4, 84, 84), (4, 42, 42)),
        ((16, 16, 1), (1, 16, 16)),
        ((101, 33, 3), (3, 34, 11)),
    ],
)
def test_frames_are_shrunk_with_their_channels_first(
    shape: tuple[int, ...], small: tuple[int, int, int]
) -> None:
    images = image_shape(frames_space(*shape))
    assert images is not None
    assert images.small == small
    assert max(small[1:]) <= LARGEST
    frames = np.full((2, 5, *shape), 77, np.uint8)
    assert (images.shrink(frames) == np.full((2, 5, *small), 77)).all()


def test_a_small_pixel_is_the_mean_of_its_square() -> None:
    images = image_shape(frames_space(96, 96, 3))
    assert images is not None
    frame = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    small = images.shrink(frame)
    for channel, row, column in [(0, 0, 0), (1, 7, 40), (2, 47, 47)]:
        square = frame[2 * row : 2 * row + 2, 2 * column : 2 * column + 2, channel]
        assert abs(float(small[channel, row, column]) - square.mean()) <= 0.5


@pytest.mark.parametrize("shape", [(101, 52, 3), (3, 97, 96), (100, 211)])
def test_edges_that_are_left_over_are_averaged_with_copies_of_themselves(
    shape: tuple[int, ...],
) -> None:
    images = image_shape(frames_space(*shape))
    assert images is not None
    frame = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    pixels = np.moveaxis(frame, 2, 0) if images.channel_axis == 2 else frame
    pixels = pixels.reshape(images.channels, images.height, images.width)
    channels, height, width = images.small
    rest = height * images.stride - images.height, width * images.stride - images.width
    assert max(rest) > 0
    padded = np.pad(pixels, ((0, 0), (0, rest[0]), (0, rest[1])), mode="edge")
    squares = padded.reshape(channels, height, images.stride, width, images.stride)
    np.testing.assert_array_equal(images.shrink(frame), squares.mean((2, 4)).round())


@pytest.mark.parametrize(
    "space",
    [
        frames_space(7, 7, 3),
        frames_space(128),
        frames_space(2, 30, 30, 3),
        spaces.Box(0, 1, (64, 64, 3)),
        spaces.Discrete(3),
    ],
    ids=str,
)
def test_others_are_no_images(space: spaces.Space[object]) -> None:
    assert image_shape(space) is None


def test_a_dictionary_has_images_where_a_part_is_one() -> None:
    numbers = spaces.Discrete(3)
    assert has_images(spaces.Dict({"a": numbers, "b": frames_space(64, 64, 3)}))
    assert not has_images(spaces.Dict({"a": numbers, "b": frames_space(7, 7, 3)}))
    assert has_images(frames_space(84, 84))
