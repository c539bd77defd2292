"""The vector of training environments."""

from typing import Any

import gymnasium
import numpy as np
import pytest

from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.single_envs import SingleEnvs
from prefrl.drawing_sources import DrawingSource
from prefrl.errors import UserError
from prefrl.recording import SegmentRecorder
from prefrl.rendering import from_png
from prefrl.segments import Segment


class Counter(gymnasium.Env[np.ndarray, Any]):
    """Observes the step's number; its reward is ten times that; ends at `end`."""

    observation_space = gymnasium.spaces.Box(0, 100, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, end: int, *, truncates: bool = False, broken_at: int = -1) -> None:
        self._end, self._truncates, self._broken_at = end, truncates, broken_at

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._count = 0
        return self._observe(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._count += 1
        ended = self._count == self._end
        reward = 10.0 * self._count
        return self._observe(), reward, ended and not self._truncates, ended and self._truncates, {}

    def _observe(self) -> np.ndarray:
        broken = self._count == self._broken_at
        return np.array([np.nan if broken else self._count], np.float32)


def test_the_true_reward_is_in_info_only() -> None:
    env = RecordingVecEnv(SingleEnvs([Counter(3), Counter(5)]))
    env.seed_each([0, 1])
    env.reset()
    _, rewards, _, infos = env.step(np.zeros(2, int))
    np.testing.assert_array_equal(rewards, [0, 0])
    assert [info["true_reward"] for info in infos] == [10, 10]


@pytest.mark.parametrize("truncates", [False, True])
def test_an_ended_episode_restarts_at_once(truncates: bool) -> None:
    env = RecordingVecEnv(SingleEnvs([Counter(2, truncates=truncates)]))
    env.seed_each([0])
    env.reset()
    env.step(np.zeros(1, int))
    observations, _, dones, infos = env.step(np.zeros(1, int))
    assert dones[0]
    np.testing.assert_array_equal(observations, [[0]])
    assert infos[0]["terminal_observation"] == 2
    assert infos[0]["TimeLimit.truncated"] is truncates


def test_a_rollout_holds_what_was_given_and_taken() -> None:
    env = RecordingVecEnv(SingleEnvs([Counter(3), Counter(5)]))
    env.seed_each([0, 1])
    env.reset()
    for action in (0, 1, 1, 0):
        env.step(np.array([action, 1 - action]))
    rollout = env.take_rollout()
    assert not isinstance(rollout.observations, dict)
    np.testing.assert_array_equal(rollout.observations[..., 0].T, [[0, 1, 2, 0], [0, 1, 2, 3]])
    np.testing.assert_array_equal(rollout.actions.T, [[0, 1, 1, 0], [1, 0, 0, 1]])
    np.testing.assert_array_equal(rollout.true_rewards.T, [[10, 20, 30, 10], [10, 20, 30, 40]])
    np.testing.assert_array_equal(rollout.dones.T, [[0, 0, 1, 0], [0, 0, 0, 0]])
    assert env.steps_taken == 8


class Turns(Counter):
    """A text-like world: every other step counts, and episodes have a prompt."""

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = super().step(action)
        info = {"segment_mask": self._count % 2 == 0, "segment_group": f"prompt {self._end}"}
        return observation, reward, terminated, truncated, info


def test_an_environment_masks_steps_and_names_groups() -> None:
    segments: list[Segment] = []
    env = RecordingVecEnv(
        SingleEnvs([Turns(4), Turns(3)]), recorder=SegmentRecorder(2, 4, segments.append)
    )
    env.seed_each([0, 1])
    env.reset()
    for _ in range(4):
        env.step(np.zeros(2, int))
    assert [(s.group, s.mask.tolist()) for s in segments] == [
        ("prompt 3", [False, True, False]),
        ("prompt 4", [False, True, False, True]),
    ]
    assert segments[1].true_return == 20 + 40


class Judged(Counter):
    """A world whose teacher judges by something else than the reward."""

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, _ = super().step(action)
        return observation, reward, terminated, truncated, {"segment_reward": -reward}


def test_an_environment_says_what_its_teacher_judges_by() -> None:
    segments: list[Segment] = []
    env = RecordingVecEnv(SingleEnvs([Judged(2)]), recorder=SegmentRecorder(1, 2, segments.append))
    env.seed_each([0])
    env.reset()
    for _ in range(2):
        env.step(np.zeros(1, int))
    assert segments[0].true_rewards.tolist() == [-10, -20]
    assert env.take_rollout().true_rewards.tolist() == [[10], [20]]


def test_segments_are_cut_from_what_is_stepped() -> None:
    segments: list[Segment] = []
    env = RecordingVecEnv(SingleEnvs([Counter(4)]), recorder=SegmentRecorder(1, 2, segments.append))
    env.seed_each([0])
    env.reset()
    for _ in range(8):
        env.step(np.zeros(1, int))
    assert [segment.true_rewards.tolist() for segment in segments] == [[10, 20], [30, 40]] * 2


def test_an_early_end_is_reported_once() -> None:
    reports: list[int] = []
    env = RecordingVecEnv(SingleEnvs([Counter(1)]), on_termination=lambda: reports.append(1))
    env.seed_each([0])
    env.reset()
    for _ in range(3):
        env.step(np.zeros(1, int))
    assert reports == [1]


def test_a_time_limit_is_no_early_end() -> None:
    reports: list[int] = []
    env = RecordingVecEnv(
        SingleEnvs([Counter(1, truncates=True)]), on_termination=lambda: reports.append(1)
    )
    env.seed_each([0])
    env.reset()
    env.step(np.zeros(1, int))
    assert reports == []


def test_an_observation_that_is_not_finite_is_named() -> None:
    env = RecordingVecEnv(SingleEnvs([Counter(9), Counter(9, broken_at=2)]))
    env.seed_each([0, 1])
    env.reset()
    env.step(np.zeros(2, int))
    with pytest.raises(UserError, match=r"environment 1 .* after 4 steps"):
        env.step(np.zeros(2, int))


class Dice(Counter):
    """Observes a number that was thrown at the episode's start, and takes pictures of nothing."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        gymnasium.Env.reset(self, seed=seed)
        self._count, self._thrown = 0, self.np_random.uniform(0, 100)
        return self._observe(), {}

    def render(self) -> Any:
        return np.full((4, 4, 3), self._count, np.uint8)

    def _observe(self) -> np.ndarray:
        return np.array([self._thrown], np.float32)


def record_dice(source: DrawingSource, steps: int, seeds: list[int | None]) -> list[Segment]:
    segments: list[Segment] = []
    recorder = SegmentRecorder(len(seeds), 2, segments.append)
    worlds = SingleEnvs([Dice(3) for _ in seeds], source=source)
    worlds._seeds = seeds
    env = RecordingVecEnv(worlds, recorder=recorder)
    env.reset()
    for _ in range(steps):
        env.step(np.zeros(len(seeds), int))
    return segments


@pytest.mark.parametrize("seeds", [[4, 5], [None, None]])
def test_every_episode_can_be_started_again_from_its_own_seed(seeds: list[int | None]) -> None:
    segments = record_dice("replay", 9, seeds)
    origins = [segment.origin for segment in segments]
    assert [len(origin.actions) for origin in origins if origin is not None] == [0, 0, 1, 1] * 3
    assert len({origin.seed for origin in origins if origin is not None}) == 6
    for segment, origin in zip(segments, origins, strict=True):
        assert origin is not None
        np.testing.assert_array_equal(segment.observations[0], Dice(3).reset(seed=origin.seed)[0])  # type: ignore[index]


def test_the_same_seeds_give_the_same_later_episodes() -> None:
    one, other = (record_dice("nothing", 9, [4, 5]) for _ in range(2))
    assert [segment.id for segment in one] == [segment.id for segment in other]
    assert len({segment.id for segment in one}) == len(one) == 12


def test_pictures_are_taken_before_each_step() -> None:
    segments = record_dice("frames", 3, [0])
    shown = [[from_png(frame).mean() for frame in segment.frames or ()] for segment in segments]
    assert shown == [[0, 1], [1, 2]]


@pytest.mark.parametrize("source", ["nothing", "snapshots"])
def test_no_more_is_recorded_than_is_needed(source: DrawingSource) -> None:
    for segment in record_dice(source, 3, [0]):
        assert not {"origin.seed", "frames.png", "snapshots"} & segment.named_arrays().keys()


@pytest.mark.parametrize(("broken_at", "match"), [(0, "after 0 steps"), (3, "after 6 steps")])
def test_first_and_last_observations_are_looked_at(broken_at: int, match: str) -> None:
    env = RecordingVecEnv(SingleEnvs([Counter(9), Counter(3, broken_at=broken_at)]))
    env.seed_each([0, 1])
    with pytest.raises(UserError, match=f"environment 1 .* {match}"):
        run(env, 3)


class Growing(Counter):
    """Shows two numbers instead of one after a few steps."""

    def _observe(self) -> np.ndarray:
        return np.zeros(1 if self._count < 3 else 2, np.float32)


class Worded(Counter):
    """Shows a word instead of a number after a few steps."""

    def _observe(self) -> np.ndarray:
        return np.array([0.0] if self._count < 3 else ["three"])


@pytest.mark.parametrize(
    ("envs", "match"),
    [
        ([Growing(9), Growing(9)], r"environment 0 .* shape \(2,\) instead of \(1,\) after 6"),
        ([Counter(9), Growing(9)], r"environment 1 .* shape \(2,\) instead of \(1,\) after 6"),
        ([Worded(9), Worded(9)], r"environment 0 .* type <U5 instead of float32 after 6"),
    ],
)
def test_observations_that_change_their_form_are_named(envs: list[Any], match: str) -> None:
    env = RecordingVecEnv(SingleEnvs(envs))
    env.seed_each([0, 1])
    with pytest.raises(UserError, match=match):
        run(env, 3)


def run(env: RecordingVecEnv, steps: int) -> None:
    env.reset()
    for _ in range(steps):
        env.step(np.zeros(env.num_envs, int))
