"""The training loop: it learns, repeats itself, and resumes as if never interrupted."""

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from prefrl.agents import load
from prefrl.agents.evaluation import evaluate
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.agents.training import Training
from prefrl.checkpoints import newest_checkpoint
from prefrl.drawing import Frame
from prefrl.errors import UserError
from prefrl.preference_learner import PreferenceSettings
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.store import LabelStore


def train(settings: RunSettings, folder: Path, silent: Any) -> Training:
    create_run_folder(folder, settings)
    training = Training(settings, folder, silent)
    training.run()
    return training


def weights(training: Training) -> dict[str, torch.Tensor]:
    assert training.preferences is not None
    return {**training.agent.policy.state_dict(), **training.preferences.model.state_dict()}


def assert_equal_weights(one: Training, other: Training) -> None:
    for name, value in weights(one).items():
        assert torch.equal(value, weights(other)[name]), name


def test_a_run_leaves_no_folders_of_logs_behind(
    settings: RunSettings, tmp_path: Path, silent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    train(settings, tmp_path / "run", silent)
    assert not list(elsewhere.glob("SB3*"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ppo_learns_from_preferences_alone(
    seed: int, settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    learning = dataclasses.replace(
        settings,
        seed=seed,
        steps=8000,
        labels=80,
        ppo=dataclasses.replace(settings.ppo, learning_rate=3e-3),
    )
    training = train(learning, tmp_path / "run", silent)
    assert evaluate(training.agent.policy, settings.env, episodes=5).mean() > 18  # of at most 20


def test_the_whole_budget_is_asked(settings: RunSettings, tmp_path: Path, silent: Any) -> None:
    training = train(settings, tmp_path / "run", silent)
    assert training.store is not None
    assert training.store.labels_used() == settings.labels
    assert silent.rows[-1]["labels"] == settings.labels


def test_steps_are_counted_as_taken(settings: RunSettings, tmp_path: Path, silent: Any) -> None:
    training = train(settings, tmp_path / "run", silent)
    assert training.env.steps_taken == training.planned_steps == silent.rows[-1]["steps"] == 1280


def test_the_same_seed_gives_the_same_weights(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    one = train(settings, tmp_path / "one", silent)
    assert_equal_weights(one, train(settings, tmp_path / "other", silent))


def test_another_seed_gives_other_weights(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    one = train(settings, tmp_path / "one", silent)
    other = train(dataclasses.replace(settings, seed=1), tmp_path / "other", silent)
    name = "weights.0"
    assert not torch.equal(weights(one)[name], weights(other)[name])


@pytest.mark.parametrize("stop_after", [1, 3])
@pytest.mark.parametrize("reward", ["learned", "true"])
def test_a_resumed_run_equals_one_never_stopped(
    stop_after: int, reward: Any, settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    settings = dataclasses.replace(settings, reward=reward)
    whole = train(settings, tmp_path / "whole", silent)
    rows = list(silent.rows)
    create_run_folder(tmp_path / "stopped", settings)
    stopped = Training(settings, tmp_path / "stopped", silent)
    stopped._rounds, all_rounds = stopped._rounds[:stop_after], stopped._rounds
    assert len(all_rounds) > stop_after
    stopped.run()
    resumed = Training(settings, tmp_path / "stopped", silent)
    resumed.load(newest_checkpoint(tmp_path / "stopped"))
    torch.manual_seed(99)  # what happened to the generators in between must not matter
    np.random.seed(99)
    resumed.run()
    for name, value in whole.agent.policy.state_dict().items():
        assert torch.equal(value, resumed.agent.policy.state_dict()[name]), name
    again = silent.rows[len(rows) :]
    for row, other in zip(rows, again, strict=True):
        assert without_times(row) == without_times(other)


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {name: repr(value) for name, value in row.items() if name != "seconds"}


@pytest.mark.parametrize(("share", "written"), [(math.inf, 5), (1e-9, 2)])
def test_checkpoints_take_a_small_share_of_the_time(
    share: float, written: int, settings: RunSettings, folder: Path, silent: Any, monkeypatch: Any
) -> None:
    numbers: list[int] = []
    monkeypatch.setattr(
        "prefrl.agents.training.write_checkpoint",
        lambda folder, number, fill: numbers.append(number),
    )
    Training(settings, folder, silent, checkpoint_share=share).run()
    assert len(numbers) == written
    assert (numbers[0], numbers[-1]) == (1, 5), "the first round and the last have one"


def test_true_reward_needs_no_labels(settings: RunSettings, tmp_path: Path, silent: Any) -> None:
    settings = dataclasses.replace(settings, reward="true")
    training = train(settings, tmp_path / "run", silent)
    assert training.store is None
    assert silent.rows[-1]["labels"] == 0


def test_the_agent_never_sees_the_true_reward(
    settings: RunSettings, folder: Path, silent: Any
) -> None:
    training = Training(settings, folder, silent)
    training.run()
    assert training.preferences is not None
    rewards = training.agent.rollout_buffer.rewards  # scaled by one factor, and bootstrapped
    assert not np.allclose(rewards, rewards.flat[0])
    training.env.seed_each([0] * 4)
    training.env.reset()
    _, given, _, _ = training.env.step(np.ones((4, 1), np.float32))
    np.testing.assert_array_equal(given, np.zeros(4))


def test_load_gives_the_trained_agent(settings: RunSettings, folder: Path, silent: Any) -> None:
    training = Training(settings, folder, silent)
    training.run()
    agent = load(folder)
    assert type(agent) is PPO
    observations = np.random.default_rng(0).uniform(-1, 1, (8, 2)).astype(np.float32)
    expected, _ = training.agent.predict(observations, deterministic=True)
    np.testing.assert_array_equal(agent.predict(observations, deterministic=True)[0], expected)


def test_an_early_termination_is_warned_of_once(tmp_path: Path, silent: Any) -> None:
    settings = RunSettings(env="CartPole-v1", run="cart", steps=512, labels=10, rounds=1)
    ppo = dataclasses.replace(settings.ppo, num_envs=2, n_steps=64, batch_size=64, n_epochs=1)
    settings = dataclasses.replace(settings, ppo=ppo)
    train(settings, tmp_path / "run", silent)
    assert len(silent.warnings) == 1
    assert "end early" in silent.warnings[0]


class Mission(gymnasium.Env[Any, Any]):
    """Shows a number within a dictionary, and text."""

    observation_space = gymnasium.spaces.Dict(
        {
            "in": gymnasium.spaces.Dict({"x": gymnasium.spaces.Box(0, 1, (1,))}),
            "mission": gymnasium.spaces.Text(9),
        }
    )
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        return {"in": {"x": np.zeros(1, np.float32)}, "mission": "go"}, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self.reset()[0], float(action), False, False, {}


def test_text_that_is_left_out_is_warned_of_once(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    gymnasium.register("Mission-v0", lambda **_: Mission(), max_episode_steps=20)
    try:
        training = train(dataclasses.replace(settings, env="Mission-v0"), tmp_path / "run", silent)
    finally:
        del gymnasium.registry["Mission-v0"]
    (warning,) = silent.warnings
    assert "no network here reads text: mission;" in warning
    assert training.preferences is not None
    (segment, *_) = training.preferences.pool
    assert list(segment.observations) == ["in.x"]


def test_unsupported_spaces_are_refused(tmp_path: Path, silent: Any) -> None:
    class Texts(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Text(5)
        action_space = gymnasium.spaces.Discrete(2)

    gymnasium.register("Texts-v0", lambda **_: Texts())
    try:
        with pytest.raises(UserError, match="Text, which is not supported"):
            Training(RunSettings(env="Texts-v0", run="texts"), tmp_path, silent)
    finally:
        del gymnasium.registry["Texts-v0"]


KILLED = """
import sys
from pathlib import Path
import torch
from prefrl.agents.cli import main
torch.set_num_threads(1)
main(sys.argv[1:])
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", KILLED, *arguments]


SMALL = "--steps 6000 --labels 60 --rounds 6 --num-envs 4 --n-steps 100 --batch-size 100"


def test_a_killed_run_loses_no_label_and_ends_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "MUJOCO_GL": "disabled"}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    start = ["train", "prefrl/Reacher-v0", *SMALL.split()]

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command(*arguments), cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
        )

    assert run(*start, "--out", str(whole)).wait() == 0
    process = run(*start, "--out", str(killed))
    seen = 0
    for _ in range(3):
        wait_for_checkpoint(killed, seen, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = count_labels(killed)
        process = run("resume", str(killed))
    assert process.wait() == 0
    assert result(killed) == result(whole)
    assert labels(killed) == labels(whole)


def wait_for_checkpoint(folder: Path, labels_seen: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if (folder / "checkpoints" / "000001").exists() and count_labels(folder) > labels_seen:
            return
        time.sleep(0.02)


def count_labels(folder: Path) -> int:
    return LabelStore(folder / "labels.sqlite").labels_used()


def labels(folder: Path) -> list[tuple[Any, ...]]:
    comparisons = LabelStore(folder / "labels.sqlite").comparisons()
    return [
        (c.query.key.round, c.query.key.index, c.verdict, *(s.id for s in c.query.segments))
        for c in comparisons
    ]


def result(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "result.json").read_text())
    timed = ("wall_seconds", "env_steps_per_second")
    return {name: value for name, value in values.items() if name not in timed}


class Unrepeatable(gymnasium.Env[np.ndarray, Any]):
    """Observes and shows numbers that no seed determines."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    observation_space = gymnasium.spaces.Box(0, 1, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(self, **kwargs: Any) -> tuple[np.ndarray, dict[str, Any]]:
        return self._observe(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return self._observe(), float(action), False, False, {}

    def render(self) -> Any:
        return np.full((8, 8, 3), 255 * self._shade, np.uint8)

    def _observe(self) -> np.ndarray:
        self._shade = np.random.default_rng().random(1, np.float32)
        return self._shade


def test_what_cannot_be_replayed_is_photographed(tmp_path: Path, silent: Any) -> None:
    gymnasium.register(
        "Unrepeatable-v0", lambda **kwargs: Unrepeatable(**kwargs), max_episode_steps=20
    )
    try:
        for segment, pictures in drawn_segments("Unrepeatable-v0", tmp_path / "run", silent):
            shades = 255 * np.asarray(segment.observations)[:, 0]
            means = [picture.mean() for picture in pictures]
            np.testing.assert_array_equal(means, np.floor(shades))
    finally:
        del gymnasium.registry["Unrepeatable-v0"]


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "MountainCarContinuous-v0"])
def test_what_can_be_replayed_is_drawn_from_the_store(
    env_id: str, tmp_path: Path, silent: Any
) -> None:
    for segment, pictures in drawn_segments(env_id, tmp_path / "run", silent):
        assert segment.origin is not None
        assert segment.frames is None
        assert all(max(picture.shape) == 64 for picture in pictures)
        assert pictures[0].std() > 5, "the picture is blank"


def drawn_segments(env_id: str, folder: Path, silent: Any) -> list[tuple[Segment, list[Frame]]]:
    """Train for a moment and draw every segment that its label store holds."""
    ppo = PPOSettings(num_envs=2, n_steps=64, batch_size=64, n_epochs=1)
    preferences = PreferenceSettings(segment_length=20)
    settings = RunSettings(
        env_id, "drawn", steps=256, labels=6, rounds=1, ppo=ppo, preferences=preferences
    )
    train(settings, folder, silent)
    drawer = SegmentDrawer(env_id, size=64)
    labels = LabelStore(folder / "labels.sqlite").labels()
    segments = [segment for label in labels for segment in label.query.segments]
    assert len(segments) == 12
    drawn = [(segment, drawer.pictures(segment)) for segment in segments]
    drawer.close()
    assert all(len(shown) == -(-len(segment) // drawer.stride) for segment, shown in drawn)
    return drawn
