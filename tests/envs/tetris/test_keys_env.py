"""Tests of envs/tetris/keys_env.py."""

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.drawing import make_drawer
from prefrl.envs.tetris.boards import pack
from prefrl.envs.tetris.errors import IllegalPlacementError, TetrisError
from prefrl.envs.tetris.keys_env import Key, TetrisKeysEnv
from prefrl.envs.tetris.single_env import TetrisEnv


def with_board(drawing: str, piece: str, **settings: Any) -> TetrisKeysEnv:
    """Return an environment with a given board, the piece being the only one there is."""
    cells = np.array([[cell == "X" for cell in row] for row in drawing.split()])
    env = TetrisKeysEnv(width=cells.shape[1], height=cells.shape[0], pieces=piece, **settings)
    env.reset(seed=0)
    env.games.set_board(0, pack(cells[None], env.games.columns.dtype)[:, 0], 0)
    return env


@pytest.mark.parametrize("settings", [{}, {"height": 40, "gravity": False, "next_piece": True}])
def test_both_checkers_have_nothing_to_say(settings: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make("prefrl/TetrisKeys-v0", render_mode="rgb_array", **settings)
        check_env(env.unwrapped)
        check_env_for_sb3(env.unwrapped, skip_render_check=False)


def test_keys_that_drop_pieces_play_as_placements_do() -> None:
    placing, pressing = TetrisEnv(width=6, height=12), TetrisKeysEnv(width=6, height=12)
    placing.reset(seed=4)
    pressing.reset(seed=4)
    generator = np.random.default_rng(0)
    for _ in range(200):
        action = int(generator.integers(placing.games.choices[0]))
        index = placing.games.placements.first[placing.games.piece[0]] + action
        turns = int(placing.games.placements.orientation[index])
        left = int(placing.games.placements.left[index])
        pressing._gravity = False
        for _ in range(turns):
            pressing.step(Key.ROTATE)
        while pressing._left != left:
            pressing.step(Key.LEFT if pressing._left > left else Key.RIGHT)
        placed, pressed = placing.step(action), pressing.step(Key.HARD_DROP)
        np.testing.assert_array_equal(placed[0]["board"], pressed[0]["board"])
        assert placed[1:4] == pressed[1:4]
        if placed[2]:
            placing.reset()
            pressing.reset()


def test_gravity_lowers_the_piece_after_every_key() -> None:
    env = TetrisKeysEnv(pieces="O")
    observation, _ = env.reset(seed=0)
    assert (observation["left"], observation["row"]) == (4, 20)
    assert not observation["falling"].any()
    observation, *_ = env.step(Key.LEFT)
    assert (observation["left"], observation["row"]) == (3, 19)
    assert np.argwhere(observation["falling"]).tolist() == [[0, 3], [0, 4]]
    for _ in range(19):
        observation, *_ = env.step(Key.SOFT_DROP)
    assert observation["row"] == 0
    observation, *_, info = env.step(Key.SOFT_DROP)
    assert info["pieces"] == 1
    assert np.argwhere(observation["board"]).tolist() == [[18, 3], [18, 4], [19, 3], [19, 4]]


def test_without_gravity_only_drops_lower_the_piece() -> None:
    env = TetrisKeysEnv(gravity=False)
    env.reset(seed=0)
    rows = [env.step(key)[0]["row"] for key in (Key.LEFT, Key.ROTATE, Key.RIGHT, Key.SOFT_DROP)]
    assert rows == [20, 20, 20, 19]


def test_a_piece_slides_under_an_overhang() -> None:
    env = with_board(".....  .....  XX...  .....  .....", "O", gravity=False)
    for key in (Key.RIGHT, *[Key.SOFT_DROP] * 5, Key.LEFT, Key.LEFT):
        env.step(key)
    observation, *_ = env.step(Key.HARD_DROP)
    assert observation["board"][3:, :3].tolist() == [[1, 1, 0], [1, 1, 0]]


def test_there_is_no_moving_into_walls_or_cells() -> None:
    env = with_board("....  ....  ...X  ...X", "I", gravity=False)
    env.step(Key.ROTATE)
    lefts = [env.step(Key.RIGHT)[0]["left"] for _ in range(5)]
    assert lefts == [1, 2, 3, 3, 3]
    turned, *_ = env.step(Key.ROTATE)  # moved left by the wall
    assert (turned["orientation"], turned["left"]) == (0, 0)
    env.step(Key.ROTATE)
    for _ in range(4):
        lowered, *_ = env.step(Key.SOFT_DROP)
    assert env.step(Key.LEFT)[0]["left"] == 0
    for _ in range(2):
        env.step(Key.RIGHT)
    assert env.step(Key.RIGHT)[0]["left"] == 2
    assert lowered["row"] == 0


def test_lines_are_paid_when_a_piece_settles() -> None:
    env = with_board(".... .... .... XX..", "O", gravity=False)
    assert env.step(Key.RIGHT)[1] == 0
    _, earned, _, _, info = env.step(Key.HARD_DROP)
    assert (earned, info["lines"]) == (1, 1)
    assert env.step(Key.LEFT)[1] == 0


def test_the_falling_piece_is_drawn() -> None:
    env = TetrisKeysEnv(pieces="O", width=4, height=4, render_mode="ansi")
    env.reset(seed=0)
    env.step(Key.SOFT_DROP)
    env.step(Key.SOFT_DROP)
    assert env.render().startswith("| . O O . |\n| . O O . |\n| . . . . |\n")
    frame = make_drawer(TetrisEnv(width=4, height=4))(env.snapshot())
    np.testing.assert_array_equal(frame, env.draw(env.snapshot()))


def test_what_means_nothing_here_is_refused() -> None:
    with pytest.raises(TetrisError, match="features means nothing to single keys"):
        TetrisKeysEnv(features="dt")
    env = TetrisKeysEnv()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(IllegalPlacementError, match="action 5 is no key; keys are 0 to 4"):
        env.step(5)
