"""Tests of prefrl.vector_learned_reward."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from prefrl.errors import UserError
from prefrl.reward_files import save_reward
from prefrl.reward_model import make_reward_model
from prefrl.trees import Array, Tree
from prefrl.vector_learned_reward import VectorLearnedReward

LENGTHS = (2, 3)
"""Steps of each environment's episodes."""


class Count(gymnasium.Env[Any, Any]):
    """Observes the steps of the episode; its true reward is 100 and more."""

    observation_space = spaces.Box(0, 100, (1,))
    action_space = spaces.Discrete(3)

    def __init__(self, length: int) -> None:
        self.length, self.count = length, 0

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        self.count = 0
        return self._look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.count += 1
        return self._look(), 100.0 + self.count, self.count == self.length, False, {}

    def _look(self) -> Array:
        return np.array([self.count], np.float32)


class Reading:
    """Predicts the observation plus ten times the action."""

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        assert not isinstance(observations, dict)
        rewards: NDArray[np.float32] = (observations[:, 0] + 10 * actions).astype(np.float32)
        return rewards


def make(mode: AutoresetMode) -> VectorLearnedReward:
    makers = [lambda length=length: Count(length) for length in LENGTHS]
    return VectorLearnedReward(SyncVectorEnv(makers, autoreset_mode=mode), Reading())


def act(env: VectorLearnedReward, steps: int) -> tuple[Array, Array]:
    taken = [env.step(np.array([1, 2])) for _ in range(steps)]
    return np.array([step[1] for step in taken]), np.array(
        [step[4]["true_reward"] for step in taken]
    )


def test_under_same_step_the_new_episode_starts_from_its_own_observation() -> None:
    env = make(AutoresetMode.SAME_STEP)
    env.reset()
    rewards, true_rewards = act(env, 5)
    assert rewards.tolist() == [[10, 20], [11, 21], [10, 22], [11, 20], [10, 21]]
    assert true_rewards[:, 0].tolist() == [101, 102, 101, 102, 101]


def test_under_next_step_the_step_that_resets_gets_nothing() -> None:
    env = make(AutoresetMode.NEXT_STEP)
    env.reset()
    rewards, _ = act(env, 5)
    assert rewards.tolist() == [[10, 20], [11, 21], [0, 22], [10, 0], [11, 20]]
    infos = env.step(np.array([1, 2]))[4]
    assert infos["_true_reward"].tolist() == [False, True]


def test_under_disabled_the_mask_starts_new_episodes() -> None:
    env = make(AutoresetMode.DISABLED)
    env.reset()
    first, _ = act(env, 2)
    env.reset(options={"reset_mask": np.array([True, False])})
    second, _ = act(env, 1)
    assert [*first.tolist(), *second.tolist()] == [[10, 20], [11, 21], [10, 22]]
    env.reset(options={"reset_mask": np.array([False, True])})
    assert act(env, 1)[0].tolist() == [[11, 20]]


def test_a_mode_that_nobody_knows_is_refused() -> None:
    env = SyncVectorEnv([lambda: Count(2)])
    for mode in (None, "sometimes"):
        env.metadata = {"autoreset_mode": mode}
        with pytest.raises(UserError, match=f"autoreset mode of .* is {mode!r}"):
            VectorLearnedReward(env, Reading())


class Breaking(Count):
    """Shows what is not a number after its first step."""

    def _look(self) -> Array:
        return np.array([np.nan if self.count else 0], np.float32)


def test_what_an_environment_breaks_is_named_with_the_step() -> None:
    env = VectorLearnedReward(SyncVectorEnv([lambda: Count(5), lambda: Breaking(5)]), Reading())
    env.reset()
    with pytest.raises(UserError, match=r"environment 1 gave .* not finite after 2 steps"):
        env.step(np.array([1, 2]))


def test_a_reward_for_other_spaces_is_refused(tmp_path: Path) -> None:
    save_reward(tmp_path, make_reward_model(spaces.Box(0, 1, (2,)), spaces.Discrete(3)))
    with pytest.raises(UserError, match="the reward was made for the observation space") as caught:
        VectorLearnedReward(SyncVectorEnv([lambda: Count(2)]), tmp_path)
    assert "\n" not in str(caught.value)
