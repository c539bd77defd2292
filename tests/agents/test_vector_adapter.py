"""Gymnasium's vectors under Stable-Baselines3: equal to single environments in every mode."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from stable_baselines3 import PPO

from prefrl.agents.recording_env import RecordingVecEnv, Rollout
from prefrl.agents.single_envs import SingleEnvs
from prefrl.agents.vector_adapter import VectorAdapter
from prefrl.errors import UserError
from prefrl.recording import SegmentRecorder
from prefrl.segments import Segment
from prefrl.trees import Tree, tree_leaves

MODES = list(AutoresetMode)


class Dice(gymnasium.Env[Any, Any]):
    """Throws a die; ends at a six, or after five throws. Marks throws and names its group.

    It offers snapshots, so that each of its episodes goes on with the generator of the last.
    """

    observation_space: gymnasium.Space[Any] = spaces.Box(0, 99, (2,))
    action_space = spaces.Discrete(2)

    def __init__(self, sides: int = 6, limit: int = 5) -> None:
        self.sides, self.limit = sides, limit

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        self.die, self.sum, self.throws = 1, int(self.np_random.integers(10)), 0
        self.start = self.sum
        return self.look(), {"segment_group": "unseen"}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.die = int(self.np_random.integers(1, self.sides + 1))
        self.sum += self.die + int(action)
        self.throws += 1
        info = {"segment_group": f"from {self.start % 2}", "segment_mask": self.die > 1}
        return self.look(), self.die / 3, self.die == 6, self.throws == self.limit, info

    def look(self) -> Any:
        return np.array([self.die, self.sum], np.float32)

    def snapshot(self) -> np.ndarray:
        return np.array([self.die])

    def draw(self, snapshot: np.ndarray) -> np.ndarray:
        return np.full((2, 2, 3), snapshot[0], np.uint8)


class DictDice(Dice):
    """The same with a dictionary of observations."""

    observation_space = spaces.Dict({"die": spaces.Discrete(7), "sum": spaces.Box(0, 99, (1,))})

    def look(self) -> Any:
        return {"die": self.die, "sum": np.array([self.sum], np.float32)}


Maker = Callable[[], gymnasium.Env[Any, Any]]


def roll(
    worlds: SingleEnvs | VectorAdapter, steps: int
) -> tuple[Rollout, list[Segment], list[list[dict[str, Any]]], list[Any]]:
    """Act for some steps, with a fresh start of other seeds in the middle of episodes."""
    segments: list[Segment] = []
    env = RecordingVecEnv(worlds, recorder=SegmentRecorder(3, 2, segments.append))
    rng, infos, shown = np.random.default_rng(0), [], []
    for seed in (1, 50):
        env.seed_each([seed, seed + 7, seed + 3])
        env.reset()
        for _ in range(steps):
            observations, rewards, _, step_infos = env.step(rng.integers(2, size=3))
            assert not rewards.any()
            shown.append(observations)
            infos.append(step_infos)
    return env.take_rollout(), segments, infos, shown


def assert_equal(one: Tree, other: Tree) -> None:
    for leaf, twin in zip(tree_leaves(one), tree_leaves(other), strict=True):
        np.testing.assert_array_equal(leaf, twin)


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [Dice, DictDice])
def test_a_vector_gives_what_single_environments_give(
    make: Maker, mode: AutoresetMode, copy: bool
) -> None:
    vector = SyncVectorEnv([make] * 3, autoreset_mode=mode, copy=copy)
    rollout, segments, infos, shown = roll(VectorAdapter(vector), 40)
    expected, expected_segments, expected_infos, expected_shown = roll(
        SingleEnvs([make() for _ in range(3)], source="nothing"), 40
    )
    assert expected.dones.any(0).all()
    assert not expected.dones.all(1).any(), "some must go on while others end"
    for name in ("observations", "actions", "true_rewards", "dones"):
        assert_equal(getattr(rollout, name), getattr(expected, name))
    assert [segment.id for segment in segments] == [segment.id for segment in expected_segments]
    assert {segment.group for segment in segments} == {"from 0", "from 1"}
    for given, wanted in zip(shown, expected_shown, strict=True):
        assert_equal(given, wanted)
    for step, twin in zip(infos, expected_infos, strict=True):
        for info, wanted in zip(step, twin, strict=True):
            assert info.keys() == wanted.keys()
            if "terminal_observation" in wanted:
                assert info["TimeLimit.truncated"] is wanted["TimeLimit.truncated"]
                assert_equal(info["terminal_observation"], wanted["terminal_observation"])


class Deaf(SyncVectorEnv):
    """Resets all, whatever the mask."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=seed)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED])
def test_a_vector_that_ignores_masks_is_refused_when_some_end(mode: AutoresetMode) -> None:
    env = VectorAdapter(Deaf([lambda: Dice(5, 3), lambda: Dice(5, 9)], autoreset_mode=mode))
    env.seed(0)
    env.reset()
    env.step(np.zeros(2, int))
    env.step(np.zeros(2, int))
    with pytest.raises(UserError, match=f"{mode.name} and resets environments that .* leaves out"):
        env.step(np.zeros(2, int))


def test_under_next_step_episodes_of_one_length_need_no_mask() -> None:
    env = VectorAdapter(Deaf([lambda: Dice(5, 3)] * 2))
    twin = SingleEnvs([Dice(5, 3), Dice(5, 3)])
    for one in (env, twin):
        one.seed(0)
        one.reset()
    for _ in range(10):
        given, wanted = (one.step(np.array([0, 1])) for one in (env, twin))
        np.testing.assert_array_equal(given[0], wanted[0])
        np.testing.assert_array_equal(given[2], wanted[2])


class Forgetful(SyncVectorEnv):
    """Leaves out the last observations."""

    def step(self, actions: Any) -> Any:
        *rest, infos = super().step(actions)
        return *rest, {key: infos[key] for key in infos if "final" not in key}


def test_an_end_without_its_last_observation_is_refused() -> None:
    mode = AutoresetMode.SAME_STEP
    env = VectorAdapter(Forgetful([lambda: Dice(5, 1)], autoreset_mode=mode))
    env.reset()
    with pytest.raises(UserError, match="environment 0 without its last observation"):
        env.step(np.zeros(1, int))


def test_a_mode_that_nobody_knows_is_refused() -> None:
    vector = SyncVectorEnv([Dice])
    vector.metadata = {"autoreset_mode": "sometimes"}
    with pytest.raises(UserError, match=r"autoreset mode of .* is 'sometimes'"):
        VectorAdapter(vector)


def test_a_vector_that_takes_one_seed_gets_the_first() -> None:
    env = VectorAdapter(gymnasium.make_vec("CartPole-v1", 3))
    starts = []
    for seeds in ([3, 4, 5], [3, 9, 9], [4, 4, 5]):
        env._seeds = list(seeds)
        starts.append(env.reset())
    np.testing.assert_array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])


class Drawn(SyncVectorEnv):
    """A vector with drawing states."""

    def snapshot(self) -> np.ndarray:
        return np.array([[env.sum] for env in self.envs])  # type: ignore[attr-defined]


def test_segments_hold_the_drawing_states_of_a_vector() -> None:
    _, segments, *_ = roll(VectorAdapter(Drawn([Dice] * 3)), 6)
    for segment in segments:
        assert isinstance(segment.observations, np.ndarray)
        np.testing.assert_array_equal(segment.snapshots, segment.observations[:, 1:])


def test_stable_baselines_trains_on_a_vector() -> None:
    vector: VectorEnv[Any, Any, Any] = SyncVectorEnv([Dice] * 3)
    agent = PPO("MlpPolicy", VectorAdapter(vector), n_steps=16, batch_size=48, device="cpu")
    agent.learn(96)
    assert agent.num_timesteps == 96


def test_attributes_and_methods_are_those_of_the_vector() -> None:
    env = VectorAdapter(Drawn([Dice] * 3))
    env.seed(0)
    env.reset()
    env.set_attr("marked", 5)
    assert env.get_attr("marked") == [5, 5, 5]
    assert env.get_attr("marked", [1]) == [5]
    assert len(env.env_method("snapshot", indices=0)) == 1
    assert env.env_is_wrapped(gymnasium.wrappers.TimeLimit) == [False] * 3
    env.close()
    assert env.env.closed
