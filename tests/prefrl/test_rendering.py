"""Tests of prefrl.rendering."""

import os
import signal
import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest

from prefrl.errors import UserError
from prefrl.rendering import from_png, offers_images, render, shrink, to_png


class Screen(gymnasium.Env[Any, Any]):
    """Renders whatever it is given, or raises it."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def __init__(self, shown: Any) -> None:
        self.shown = shown

    def render(self) -> Any:
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown


VIDEO = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")

RENDERS_AND_IS_TERMINATED = """
import os, signal
from prefrl.rendering import make_rendering, render
env = make_rendering("CartPole-v1", None)
env.reset(seed=0)
print(render(env).shape, flush=True)
os.kill(os.getpid(), signal.SIGTERM)
print("still here")
"""


def test_a_program_that_renders_by_pygame_can_be_terminated() -> None:
    command = [sys.executable, "-c", RENDERS_AND_IS_TERMINATED]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "(400, 600, 3)\n"), done.stderr


DRAWS_IN_A_WINDOW = """
import pygame
from prefrl.environments import make
make("CartPole-v1")
window = pygame.display.set_mode((4, 4))
window.fill((1, 2, 3))
pygame.display.flip()
print(pygame.display.get_driver(), *window.get_at((0, 0))[:3])
"""


def test_where_there_is_no_display_windows_can_be_drawn_in_all_the_same() -> None:
    displayless = {k: v for k, v in os.environ.items() if k not in VIDEO}
    command = [sys.executable, "-c", DRAWS_IN_A_WINDOW]
    done = subprocess.run(command, capture_output=True, text=True, env=displayless)
    assert done.stdout == "offscreen 1 2 3\n", done.stderr


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_what_renders_images_says_so() -> None:
    assert offers_images(Screen(None))
    assert not offers_images(gymnasium.Env[Any, Any]())


def test_an_image_is_rendered_as_it_is() -> None:
    np.testing.assert_array_equal(render(Screen(noise(4, 6))), noise(4, 6), strict=True)


@pytest.mark.parametrize(
    "shown", [None, "text", np.zeros((4, 4)), np.zeros((4, 4, 3)), RuntimeError("no window")]
)
def test_what_is_no_image_is_a_user_error(shown: Any) -> None:
    with pytest.raises(UserError, match=r"cannot be drawn: .*(no image|no window)"):
        render(Screen(shown))


def test_shrinking_averages() -> None:
    frame = np.repeat([[[0], [100]], [[100], [200]]], 3, axis=2).astype(np.uint8)
    np.testing.assert_array_equal(shrink(frame, 1), np.full((1, 1, 3), 100, np.uint8), strict=True)


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [(400, 600, (43, 64, 3)), (64, 20, (64, 20, 3)), (900, 1, (64, 1, 3))],
)
def test_only_frames_that_are_too_large_are_shrunk(
    height: int, width: int, shape: tuple[int, int, int]
) -> None:
    assert shrink(noise(height, width), 64).shape == shape


def test_a_png_file_gives_the_same_frame_back() -> None:
    np.testing.assert_array_equal(from_png(to_png(noise(5, 7))), noise(5, 7), strict=True)
