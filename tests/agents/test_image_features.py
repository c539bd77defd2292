"""Tests of prefrl.agents.image_features."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from prefrl.agents.image_features import ImageFeatures, is_large_image


def images(*shape: int) -> spaces.Box:
    return spaces.Box(0, 255, shape, np.uint8)


def is_read(*shape: int) -> list[tuple[int, ...]]:
    """Return the shapes of the images that the convolutions read for one of a shape."""
    features, seen = ImageFeatures(images(*shape), 8), list[tuple[int, ...]]()
    convolutions = features.convolutions
    convolutions.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1:]))
    assert features(torch.zeros(2, *shape)).shape == (2, 8)
    return seen


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ((3, 84, 84), (3, 84, 84)),
        ((3, 210, 160), (3, 70, 54)),
        ((210, 160), (1, 70, 54)),
        ((4, 36, 96), (4, 36, 96)),
        ((1, 40, 400), (1, 40, 400)),  # any narrower, and the convolutions could not read it
    ],
)
def test_large_images_are_shrunk_and_no_further_than_can_be_read(
    shape: tuple[int, ...], read: tuple[int, ...]
) -> None:
    assert is_read(*shape) == [read]


def test_shrinking_averages_squares_of_pixels() -> None:
    features = ImageFeatures(images(1, 192, 192), 8)
    frame = torch.rand(1, 1, 96, 96)
    fine = frame.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(features(fine), features.convolutions(frame))


def test_bytes_without_an_axis_of_channels_are_read_as_shares_of_white() -> None:
    features = ImageFeatures(images(96, 96), 8)
    frame = torch.randint(0, 256, (1, 96, 96)).float()
    torch.testing.assert_close(features(frame), features.convolutions(frame[:, None] / 255))


def test_which_spaces_are_large_images() -> None:
    assert is_large_image(images(210, 160, 3))
    assert is_large_image(images(3, 210, 160))
    assert is_large_image(images(36, 36))
    assert not is_large_image(images(35, 200, 3))
    assert not is_large_image(images(200))
    assert not is_large_image(spaces.Box(0, 1, (84, 84, 3)))
    assert not is_large_image(spaces.Discrete(3))
