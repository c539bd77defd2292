"""Training environments: batched where an id has such, and of equal results."""

import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import RunSettings
from prefrl.agents.single_envs import SingleEnvs
from prefrl.agents.training import Training
from prefrl.agents.vector_adapter import VectorAdapter
from prefrl.agents.worlds import Worlds, make_worlds
from prefrl.environments import make
from prefrl.errors import UserError

BATCHED = "Batched-v0"


class Noise(gymnasium.Env[Any, Any]):
    """One step's reward is its action; observations are noise.

    It offers snapshots, so that each of its episodes goes on with the generator of the last.
    """

    observation_space = spaces.Box(-1, 1, (2,))
    action_space = spaces.Box(-1, 1, (1,))

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        return self._look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self._look(), float(action[0]) * self.scale, False, False, {}

    def snapshot(self) -> np.ndarray:
        return np.zeros(1)

    def draw(self, snapshot: np.ndarray) -> np.ndarray:
        return np.zeros((2, 2, 3), np.uint8)

    def _look(self) -> np.ndarray:
        return self.np_random.uniform(-1, 1, 2).astype(np.float32)


class WideNoise(Noise):
    """The same in another space."""

    observation_space = spaces.Box(-2, 2, (2,))


def make_batch(
    num_envs: int,
    max_episode_steps: int,
    *,
    mode: AutoresetMode = AutoresetMode.SAME_STEP,
    cls: type[Noise] = Noise,
    **kwargs: Any,
) -> SyncVectorEnv:
    def make_limited() -> gymnasium.Env[Any, Any]:
        return gymnasium.wrappers.TimeLimit(cls(**kwargs), max_episode_steps)

    return SyncVectorEnv([make_limited] * num_envs, autoreset_mode=mode)


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    yield
    gymnasium.registry.pop(BATCHED, None)


def register(vector_entry_point: Any) -> None:
    gymnasium.registry.pop(BATCHED, None)
    gymnasium.register(
        BATCHED,
        lambda **kwargs: Noise(**kwargs),
        max_episode_steps=20,
        vector_entry_point=vector_entry_point,
    )


def worlds(**kwargs: Any) -> Worlds:
    return make_worlds(make(BATCHED, kwargs), BATCHED, kwargs, 4)


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_a_batched_vector_is_taken_with_its_arguments(mode: AutoresetMode) -> None:
    register(partial(make_batch, mode=mode))
    env = worlds(scale=3.0)
    assert isinstance(env, VectorAdapter)
    env.reset()
    np.testing.assert_array_equal(env.step(np.ones((4, 1)))[1], np.full(4, 3.0))


def test_a_vector_that_takes_a_mode_is_asked_for_one_to_train_in() -> None:
    def make_in_mode(
        num_envs: int, max_episode_steps: int, autoreset_mode: Any = AutoresetMode.NEXT_STEP
    ) -> SyncVectorEnv:
        return make_batch(num_envs, max_episode_steps, mode=autoreset_mode)

    register(make_in_mode)
    assert isinstance(worlds(), VectorAdapter)


def test_single_environments_stand_in_where_there_is_none_to_train_in() -> None:
    next_step = partial(make_batch, mode=AutoresetMode.NEXT_STEP)
    for unfit in (None, next_step, partial(make_batch, cls=WideNoise)):
        register(unfit)
        env = worlds()
        assert isinstance(env, SingleEnvs)
        assert env.num_envs == 4


def test_arguments_that_the_vector_does_not_take_are_reported() -> None:
    register(lambda num_envs, max_episode_steps: None)
    with pytest.raises(UserError, match=r"cannot be made with these arguments: .*scale"):
        worlds(scale=2.0)


def test_batched_boards_of_tetris_are_drawn_as_single_ones() -> None:
    env_id = "prefrl.envs:prefrl/Tetris-v0"
    single = make(env_id)
    env = make_worlds(make(env_id), env_id, {}, 3)
    assert isinstance(env, VectorAdapter)
    env.seed(5)
    env.reset()
    core: Any = single.unwrapped
    single.reset(seed=6)  # the second board's
    frames = [core.draw(snapshot) for snapshot in env.drawing_state()["snapshots"]]
    assert len(frames) == 3
    np.testing.assert_array_equal(frames[1], core.draw(core.snapshot()))


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_training_in_a_vector_equals_training_in_single_environments(
    mode: AutoresetMode, settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    settings = dataclasses.replace(settings, env=BATCHED)
    trainings = []
    for name, entry_point in (("single", None), ("batch", partial(make_batch, mode=mode))):
        register(entry_point)
        create_run_folder(tmp_path / name, settings)
        trainings.append(Training(settings, tmp_path / name, silent))
        trainings[-1].run()
    single, batch = trainings
    assert isinstance(batch.env.venv, VectorAdapter)
    assert isinstance(single.env.venv, SingleEnvs)
    for name, value in single.agent.policy.state_dict().items():
        np.testing.assert_array_equal(batch.agent.policy.state_dict()[name], value, name)
