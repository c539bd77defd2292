"""Captions below pictures."""

import numpy as np

from prefrl.drawing import Frame

HEIGHT = 28
"""Of a caption, in pixels."""

LETTERS = 15
"""Height of its letters, in pixels; smaller where they would not fit."""

MARGIN = 4
"""Pixels left free beside it on each side."""


def with_caption(frame: Frame, text: str) -> Frame:
    """Return a picture with a line of text on a white strip below it.

    Args:
        frame: `[height, width, 3]`.
        text: One line.

    Returns:
        `[height + HEIGHT, width, 3]`.
    """
    from PIL import Image, ImageDraw, ImageFont

    width = frame.shape[1]
    strip = Image.new("RGB", (width, HEIGHT), "white")
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(LETTERS)
    needed, room = draw.textlength(text, font), width - 2 * MARGIN
    if needed > room:
        font = ImageFont.load_default(LETTERS * room / needed)
    draw.text((width / 2, HEIGHT / 2), text, "black", font, anchor="mm")
    return np.concatenate([frame, np.asarray(strip)])
