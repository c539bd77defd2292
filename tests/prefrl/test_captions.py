"""Tests of prefrl.captions."""

import numpy as np
import pytest

from prefrl.captions import HEIGHT, with_caption


@pytest.mark.parametrize("width", [64, 256])
@pytest.mark.parametrize("text", ["after 0 steps", "after 1,000,000,000 of 2,000,000,000 steps"])
def test_a_caption_is_below_the_picture_and_fits(width: int, text: str) -> None:
    frame = np.full((32, width, 3), 7, np.uint8)
    captioned = with_caption(frame, text)
    np.testing.assert_array_equal(captioned[:32], frame)
    strip = captioned[32:]
    assert strip.shape == (HEIGHT, width, 3)
    assert strip.min() < 200, "no letters"
    assert strip[:, 0].min() > 128, "cut off on the left"
    assert strip[:, -1].min() > 128, "cut off on the right"
