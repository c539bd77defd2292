"""Tests of envs/tetris/single_env.py, and through it of games, actions and observations."""

import pickle
import warnings
from itertools import pairwise
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3

from prefrl.environments import make
from prefrl.envs.tetris.boards import pack
from prefrl.envs.tetris.errors import IllegalPlacementError, TetrisError
from prefrl.envs.tetris.features import FEATURES
from prefrl.envs.tetris.single_env import TetrisEnv
from prefrl.errors import UserError

VARIANTS: list[dict[str, Any]] = [
    {},
    {"height": 10, "next_piece": True, "pieces_from": "bag", "reward": "score"},
    *({"width": 6, "height": 8, "features": name} for name in FEATURES),
    {"height": 40, "pieces": "SZ", "game_over": "spawn"},
]


def play(steps: int, seed: int = 0, **settings: Any) -> list[tuple[Any, ...]]:
    """Act at random, and return what each step gave; a lost game is followed by another."""
    env = TetrisEnv(**settings)
    observation, _ = env.reset(seed=seed)
    generator, seen = np.random.default_rng(seed), []
    for _ in range(steps):
        action = generator.choice(np.flatnonzero(observation["action_mask"]))
        seen.append((*env.step(action), env.snapshot()))
        observation = env.reset()[0] if seen[-1][2] else seen[-1][0]
    return seen


def with_board(drawing: str, piece: str, **settings: Any) -> TetrisEnv:
    """Return an environment with a given board, the piece being the only one there is."""
    cells = np.array([[cell == "X" for cell in row] for row in drawing.split()])
    env = TetrisEnv(width=cells.shape[1], height=cells.shape[0], pieces=piece, **settings)
    env.reset(seed=0)
    env.games.set_board(0, pack(cells[None], env.games.columns.dtype)[:, 0], 0)
    return env


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_gymnasiums_checker_has_nothing_to_say(settings: dict[str, Any]) -> None:
    env = gymnasium.make("prefrl/Tetris-v0", render_mode="rgb_array", **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)


@pytest.mark.filterwarnings(
    # Said of every Box of two axes; a candidate's features are a row.
    "ignore:Your observation candidates has an unconventional shape"
)
@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_stable_baselines3s_checker_has_nothing_else_to_say(settings: dict[str, Any]) -> None:
    check_env_for_sb3(TetrisEnv(render_mode="ansi", **settings), skip_render_check=False)


def test_an_environment_is_rebuilt_from_its_spec_and_from_a_pickle() -> None:
    env = gymnasium.make("prefrl/Tetris-v0", width=8)
    assert env.spec is not None
    assert gymnasium.make(env.spec).observation_space == env.observation_space
    env.reset(seed=1)
    copy = pickle.loads(pickle.dumps(env.unwrapped))
    np.testing.assert_equal(copy.step(3), env.unwrapped.step(3))


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_the_same_seed_gives_the_same_games(settings: dict[str, Any]) -> None:
    first, again, other = play(60, 0, **settings), play(60, 0, **settings), play(60, 1, **settings)
    np.testing.assert_equal(first, again)
    assert any(a[0]["piece"] != b[0]["piece"] for a, b in zip(first, other, strict=True))


def test_what_is_observed_does_not_change_the_games() -> None:
    plain, shown = play(60), play(60, next_piece=True)
    for (before, *_), (after, *_) in zip(plain, shown, strict=True):
        np.testing.assert_array_equal(before["board"], after["board"])
    for (now, _, terminated, *_), (later, *_) in pairwise(shown):
        assert terminated or now["next_piece"] == later["piece"]


def test_observations_do_not_share_memory() -> None:
    seen = play(2)
    for key, value in seen[0][0].items():
        assert not np.shares_memory(value, seen[1][0][key]), key


def test_the_mask_is_in_the_observation_in_info_and_asked_for() -> None:
    env = TetrisEnv()
    observation, info = env.reset(seed=0)
    np.testing.assert_array_equal(observation["action_mask"], info["action_mask"])
    np.testing.assert_array_equal(env.action_masks(), info["action_mask"])
    assert env.action_masks().sum() == env.games.choices[0]
    assert not observation["candidates"][~info["action_mask"]].any()


def test_lines_are_the_reward() -> None:
    board = "....  .XXX .XXX .XXX .XXX"
    upright = 1  # on four columns, the only flat placement comes first
    for reward, paid in (("lines", 4.0), ("score", 8.0)):
        env = with_board(board, "I", reward=reward)
        observation, earned, terminated, truncated, info = env.step(upright)
        assert (earned, terminated, truncated) == (paid, False, False)
        assert (info["lines"], info["pieces"]) == (4, 1)
        assert not observation["board"].any()


def test_rows_above_removed_ones_move_down_and_no_further() -> None:
    env = with_board(".... X... XXX. .XX.", "I")
    observation, earned, *_ = env.step(4)
    assert earned == 1
    assert observation["board"].tolist() == [[0] * 4, [0, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 1]]


@pytest.mark.parametrize(("game_over", "highest"), [("overflow", 6), ("spawn", 4)])
def test_a_game_is_lost_above_its_ceiling(game_over: str, highest: int) -> None:
    env = TetrisEnv(width=4, height=6, pieces="O", game_over=game_over)
    env.reset(seed=0)
    ends: list[bool] = []
    while not ends or not ends[-1]:
        ends.append(env.step(0)[2])
    assert len(ends) == highest // 2 + 1


def test_removing_rows_can_save_a_game() -> None:
    env = with_board("XXX. XXX. XXX. XXX.", "I")
    _, earned, terminated, *_ = env.step(4)
    assert (earned, terminated) == (4, False)
    assert with_board("XXX. XXX. XXX. XX..", "I").step(4)[1:3] == (3, False)
    assert with_board("X.X. .XX. .XX. .XX.", "O").step(0)[1:3] == (0, True)


@pytest.mark.parametrize(
    ("game_over", "found"), [("overflow", (0, True)), ("after_lines", (1, False))]
)
def test_a_piece_above_the_board_removes_lines_only_where_that_is_the_rule(
    game_over: str, found: tuple[float, bool]
) -> None:
    env = with_board("XXX. .XX. .XX. .XX.", "I", game_over=game_over)
    assert env.step(0)[1:3] == found


def test_a_bag_holds_every_piece_once() -> None:
    env = TetrisEnv(pieces_from="bag", pieces="IOTSZJL", width=20, height=60)
    env.reset(seed=3)
    pieces = []
    for _ in range(70):
        pieces.append(int(env.games.piece[0]))
        if env.step(len(pieces) % 9 * 2)[2]:
            env.reset()
            pieces.clear()
    bags = np.array(pieces[: len(pieces) // 7 * 7]).reshape(-1, 7)
    assert len(bags) >= 2
    assert (np.sort(bags, axis=1) == np.arange(7)).all()


def test_uniform_pieces_are_uniform_and_independent() -> None:
    pieces = np.array([observation["piece"] for observation, *_ in play(7000)])
    counts = np.bincount(pieces, minlength=7)
    assert abs(counts - 1000).max() < 150  # about five standard deviations
    assert abs((pieces[1:] == pieces[:-1]).mean() - 1 / 7) < 0.025


def test_an_illegal_placement_wraps_around() -> None:
    legal, wrapped = (TetrisEnv(pieces="IT", height=10) for _ in range(2))
    for env in (legal, wrapped):
        env.reset(seed=0)
        env.games.set_board(0, np.zeros(10, np.uint32), 0)
    np.testing.assert_equal(wrapped.step(17 + 5), legal.step(5))


def test_an_illegal_placement_raises_where_that_is_asked_for() -> None:
    env = TetrisEnv(pieces="OT", illegal="raise")
    env.reset(seed=0)
    env.games.set_board(0, np.zeros(10, np.uint32), 0)
    with pytest.raises(IllegalPlacementError, match=r"action 9 is illegal: O has .* 0 to 8"):
        env.step(9)
    assert env.step(8)[4]["pieces"] == 1


@pytest.mark.parametrize("action", [-1, 34, 1000])
def test_what_is_no_action_always_raises(action: int) -> None:
    env = TetrisEnv()
    env.reset(seed=0)
    with pytest.raises(IllegalPlacementError, match=f"action {action} is illegal"):
        env.step(action)


def test_a_lost_or_unstarted_game_must_be_reset() -> None:
    env = TetrisEnv(width=4, height=4, pieces="O")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    while not env.step(0)[2]:
        pass
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"width": 3}, "width=3 must be a whole number from 4 to 100"),
        ({"height": 100}, "height=100 must be a whole number from 4 to 60"),
        ({"pieces": "IQ"}, "there is no piece 'Q'; the pieces are IOTSZJL"),
        ({"features": "fahey"}, "features='fahey' is unknown; it must be one of dellacherie,"),
        ({"game_over": "never"}, "game_over='never' is impossible; it must be 'overflow' or 's"),
        ({"render_mode": "human"}, "render_mode='human' is impossible"),
        ({"depth": 3}, "cannot be made with these arguments: .*'depth'"),
    ],
    ids=str,
)
def test_impossible_settings_are_the_users_error(settings: dict[str, Any], fault: str) -> None:
    if "render_mode" not in settings:
        with pytest.raises(UserError, match=fault):
            make("prefrl.envs:prefrl/Tetris-v0", settings)
    else:
        with pytest.raises(TetrisError, match=fault):
            TetrisEnv(**settings)
