"""Tests of envs/tetris/vector_env.py."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit
from vector_conformance import check_vector

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.envs.tetris.errors import IllegalPlacementError, TetrisError
from prefrl.envs.tetris.single_env import TetrisEnv
from prefrl.envs.tetris.vector_env import TetrisVectorEnv

SMALL: dict[str, Any] = {"width": 6, "height": 6, "next_piece": True}
VARIANTS = [
    SMALL,
    {"features": "knox", "pieces_from": "bag", "height": 10},
    {"height": 7, "judged_by": "dellacherie"},
]
ID = "prefrl/Tetris-v0"


def pair(
    count: int, mode: AutoresetMode, horizon: int | None = None, **settings: Any
) -> tuple[TetrisVectorEnv, SyncVectorEnv]:
    """Return the vector environment, and one made of single ones."""

    def single() -> gymnasium.Env[Any, Any]:
        env: gymnasium.Env[Any, Any] = TetrisEnv(**settings)
        return env if horizon is None else TimeLimit(env, horizon)

    together = TetrisVectorEnv(count, autoreset_mode=mode, max_episode_steps=horizon, **settings)
    return together, SyncVectorEnv([single] * count, autoreset_mode=mode)


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
@pytest.mark.parametrize("horizon", [None, 7])
@pytest.mark.parametrize("mode", AutoresetMode)
def test_boards_play_as_single_environments_do(
    mode: AutoresetMode, horizon: int | None, settings: dict[str, Any]
) -> None:
    together, apart = pair(5, mode, horizon, **settings)
    assert together.single_observation_space == apart.single_observation_space
    assert together.observation_space == apart.observation_space
    assert together.action_space == apart.action_space
    assert data_equivalence(together.reset(seed=11), apart.reset(seed=11), exact=True)
    generator, ends, most = np.random.default_rng(0), 0, together.games.placements.most
    for _ in range(60):
        actions = generator.integers(most, size=5)
        mine, theirs = together.step(actions), apart.step(actions)
        assert data_equivalence(mine, theirs, exact=True)
        ended = mine[2] | mine[3]
        ends += int(ended.sum())
        if mode == AutoresetMode.DISABLED and ended.any():
            seeds: list[int | None] = [int(x) for x in generator.integers(100, size=5)]
            options = [{"reset_mask": ended.copy()} for _ in range(2)]
            mine_now = together.reset(seed=seeds, options=options[0])
            theirs_now = apart.reset(seed=seeds, options=options[1])
            assert data_equivalence(mine_now, theirs_now, exact=True)
    assert ends > 5


@pytest.mark.parametrize("mode", AutoresetMode)
def test_it_conforms_to_what_gymnasium_says_of_vectors(mode: AutoresetMode) -> None:
    check_vector(
        lambda: TetrisVectorEnv(3, autoreset_mode=mode, **SMALL), lambda: TetrisEnv(**SMALL)
    )


def test_types_and_contents_fit_the_spaces() -> None:
    env = TetrisVectorEnv(4)
    observations, _ = env.reset(seed=0)
    assert observations in env.observation_space
    observations, earned, terminations, truncations, _ = env.step(env.action_space.sample())
    assert observations in env.observation_space
    assert [x.dtype for x in (earned, terminations, truncations)] == [
        np.float64,
        np.bool_,
        np.bool_,
    ]


def test_it_is_made_by_its_id() -> None:
    env = gymnasium.make_vec(ID, num_envs=3, height=10, max_episode_steps=2)
    assert isinstance(env, TetrisVectorEnv)
    env.reset(seed=0)
    env.step(np.zeros(3, np.int64))
    assert env.step(np.zeros(3, np.int64))[3].all()
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    other = gymnasium.make_vec(ID, num_envs=2, vectorization_mode="sync")
    assert isinstance(other, SyncVectorEnv)


def test_seeds_of_one_number_count_up_and_none_goes_on() -> None:
    env = TetrisVectorEnv(3)
    counted, _ = env.reset(seed=5)
    goes_on, _ = env.reset()
    again, _ = env.reset(seed=[5, 6, 7])
    np.testing.assert_equal(again, counted)
    np.testing.assert_equal(env.reset(seed=[None, None, None])[0], goes_on)


def test_a_mask_resets_no_other_board() -> None:
    env = TetrisVectorEnv(3)
    env.reset(seed=0)
    before = env.step(np.array([1, 2, 3]))[0]
    mask = np.array([False, True, False])
    after, infos = env.reset(options={"reset_mask": mask})
    np.testing.assert_array_equal(before["board"][~mask], after["board"][~mask])
    assert not after["board"][mask].any()
    np.testing.assert_array_equal(infos["_lines"], mask)


def test_ended_games_are_not_stepped_unless_they_restart_themselves() -> None:
    env = TetrisVectorEnv(2, autoreset_mode="Disabled", max_episode_steps=1)
    with pytest.raises(gymnasium.error.ResetNeeded):
        TetrisVectorEnv(2, autoreset_mode="Disabled").step(np.zeros(2, np.int64))
    env.reset(seed=0)
    env.step(np.zeros(2, np.int64))
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(2, np.int64))


def test_an_illegal_placement_names_its_piece() -> None:
    env = TetrisVectorEnv(2, pieces="O", illegal="raise")
    env.reset(seed=0)
    with pytest.raises(IllegalPlacementError, match="action 9 is illegal: O has the placements"):
        env.step(np.array([0, 9]))


@pytest.mark.parametrize(
    "mask", [[True, True], np.array([1, 0]), np.array([False, False]), np.array([True])], ids=str
)
def test_impossible_masks_are_refused(mask: Any) -> None:
    with pytest.raises(TetrisError, match="reset_mask"):
        TetrisVectorEnv(2).reset(options={"reset_mask": mask})


def test_impossible_counts_and_shapes_are_refused() -> None:
    with pytest.raises(TetrisError, match="num_envs=0"):
        TetrisVectorEnv(0)
    env = TetrisVectorEnv(2)
    with pytest.raises(TetrisError, match="3 seeds for 2 boards"):
        env.reset(seed=[1, 2, 3])
    env.reset(seed=0)
    with pytest.raises(TetrisError, match=r"shape \(3,\), not \(2,\)"):
        env.step(np.zeros(3, np.int64))


def test_every_board_is_rendered() -> None:
    env = TetrisVectorEnv(2, render_mode="rgb_array")
    env.reset(seed=0)
    env.step(np.array([0, 5]))
    frames = env.render()
    assert frames is not None
    for frame, snapshot in zip(frames, env.snapshot(), strict=True):
        np.testing.assert_array_equal(frame, env.draw(snapshot))
    assert (frames[0] != frames[1]).any()
