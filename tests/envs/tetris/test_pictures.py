"""Tests of envs/tetris/snapshots.py and pictures.py."""

import numpy as np
import pytest

from prefrl.drawing import Drawable, make_drawer, snapshot_reader
from prefrl.envs.tetris.errors import TetrisError
from prefrl.envs.tetris.pictures import COLORS, WALL_COLOR
from prefrl.envs.tetris.single_env import TetrisEnv

from .test_single_env import with_board


def colors(frame: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(color) for color in frame.reshape(-1, 3).tolist()}


def test_a_snapshot_is_drawn_by_another_copy_as_it_looked() -> None:
    env = TetrisEnv(render_mode="rgb_array")
    env.reset(seed=0)
    reader = snapshot_reader(env)
    assert isinstance(env, Drawable)
    assert reader is not None
    env.step(4)
    snapshot, looked = reader(), env.render()
    env.step(9)
    np.testing.assert_array_equal(make_drawer(TetrisEnv())(snapshot), looked)
    assert (env.render() != looked).any()


@pytest.mark.parametrize(("width", "height"), [(10, 20), (10, 10), (4, 4), (7, 60), (30, 13)])
def test_frames_are_small_and_even(width: int, height: int) -> None:
    env = TetrisEnv(width=width, height=height, render_mode="rgb_array")
    env.reset(seed=0)
    frame = env.render()
    assert frame.dtype == np.uint8
    assert frame.shape[0] % 2 == frame.shape[1] % 2 == 0
    assert max(frame.shape) <= 1200
    assert frame.shape == env.draw(env.snapshot()).shape


def test_the_piece_just_placed_stands_out_from_the_wall() -> None:
    env = TetrisEnv(pieces="TI", render_mode="rgb_array")
    env.reset(seed=0)
    env.games.set_board(0, np.array([1] * 4 + [0] * 6, np.uint32), 0)
    env.step(0)
    seen = colors(env.render())
    assert COLORS["T"] in seen
    assert WALL_COLOR in seen


def test_the_picture_shows_the_lines() -> None:
    env = with_board(".... .... X... XXX.", "I", render_mode="rgb_array")
    env.step(4)
    snapshot = env.snapshot()
    other = snapshot.copy()
    other[2] += 1
    assert (env.draw(snapshot) != env.draw(other)).any()


def test_text_shows_the_board_the_piece_and_the_lines() -> None:
    env = with_board(".... .... X... XXX.", "I", render_mode="ansi", next_piece=True)
    env.step(4)
    assert env.render() == (
        "| . . . . |\n| . . . I |\n| . . . I |\n| # . . I |\n+---------+\n"
        "lines 1 (+1), piece I, then I\n"
    )


def test_without_a_render_mode_nothing_is_rendered() -> None:
    env = TetrisEnv()
    env.reset(seed=0)
    assert env.render() is None


def test_a_snapshot_of_another_size_is_refused() -> None:
    other = TetrisEnv(height=10)
    other.reset(seed=0)
    with pytest.raises(TetrisError, match=r"of a 10×20 board has the shape .* of 10×10 board"):
        TetrisEnv().draw(other.snapshot())
    turned = TetrisEnv(width=20, height=10)
    turned.reset(seed=0)
    with pytest.raises(TetrisError, match="is of 20×10 board"):
        TetrisEnv().draw(turned.snapshot())
    with pytest.raises(TetrisError, match="is of no board"):
        TetrisEnv().draw(np.zeros((4, 4)))
