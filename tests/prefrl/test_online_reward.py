"""Tests of prefrl.online_reward."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from prefrl import online_reward
from prefrl.errors import UserError
from prefrl.learned_reward import LearnedReward
from prefrl.online_reward import OnlineReward
from prefrl.preference_learner import PreferenceSettings
from prefrl.vector_learned_reward import VectorLearnedReward

STATES, ACTIONS = 4, 3


class Match(gymnasium.Env[Any, Any]):
    """Shows one of four states; the right action is the state's number modulo three."""

    observation_space = spaces.Discrete(STATES)
    action_space = spaces.Discrete(ACTIONS)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        self.steps = 0
        return self._draw(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = float(action == self.state % ACTIONS)
        self.steps += 1
        return self._draw(), reward, False, self.steps == 10, {}

    def _draw(self) -> int:
        self.state = int(self.np_random.integers(STATES))
        return self.state


def make_reward(folder: Path, **changes: Any) -> OnlineReward:
    settings = PreferenceSettings(segment_length=5, first_epochs=20, epochs=5, learning_rate=1e-2)
    arguments = {"labels": 120, "steps": 2000, "rounds": 5, "settings": settings, **changes}
    return OnlineReward(
        spaces.Discrete(STATES), spaces.Discrete(ACTIONS), folder=folder, **arguments
    )


def act_randomly(env: gymnasium.Env[Any, Any], steps: int, seed: int = 0) -> list[float]:
    rng = np.random.default_rng(seed)
    env.reset(seed=seed)
    rewards = []
    for _ in range(steps):
        _, reward, _, truncated, _ = env.step(int(rng.integers(ACTIONS)))
        rewards.append(float(reward))
        if truncated:
            env.reset()
    return rewards


def table(reward: OnlineReward) -> np.ndarray:
    states, actions = np.divmod(np.arange(STATES * ACTIONS), ACTIONS)
    return reward.predict(states, actions).reshape(STATES, ACTIONS)


def test_it_gives_nothing_until_the_first_fit_and_then_learns(tmp_path: Path) -> None:
    reward = make_reward(tmp_path)
    rewards = act_randomly(LearnedReward(Match(), reward), 2000)
    assert not any(rewards[:400])
    assert any(rewards[400:])
    assert reward.store.labels_used("online") == 120
    assert table(reward).argmax(1).tolist() == [state % ACTIONS for state in range(STATES)]


def test_it_goes_on_from_its_folder_without_asking_again(tmp_path: Path) -> None:
    first = make_reward(tmp_path)
    act_randomly(LearnedReward(Match(), first), 1000)
    labels = first.store.labels_used("online")
    again = make_reward(tmp_path)
    assert again.steps_taken == 800  # the checkpoint after its second round
    np.testing.assert_array_equal(table(again), table(first))
    assert again.store.labels_used("online") == labels > 0
    act_randomly(LearnedReward(Match(), again), 2000, seed=1)
    assert again.store.labels_used("online") == 120


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_labels_given_after_the_last_checkpoint_are_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = make_reward(tmp_path)
    env = LearnedReward(Match(), killed)
    act_randomly(env, 799)
    with monkeypatch.context() as dying:
        dying.setattr(online_reward, "write_checkpoint", interrupt)
        with pytest.raises(KeyboardInterrupt):
            act_randomly(env, 1)
    labels = killed.store.labels_used("online")
    again = make_reward(tmp_path)
    assert again.rounds_done == 1
    act_randomly(LearnedReward(Match(), again), 400, seed=1)
    assert again.rounds_done == 2
    assert again.store.labels_used("online") == labels


@pytest.mark.parametrize("mode", list(AutoresetMode)[:2])
def test_under_a_vector_every_segment_is_of_one_environment(
    tmp_path: Path, mode: AutoresetMode
) -> None:
    reward = make_reward(tmp_path)
    env = VectorLearnedReward(SyncVectorEnv([Match, Match], autoreset_mode=mode), reward)
    env.reset(seed=0)
    for step in range(110):
        env.step(np.array([step % ACTIONS, 1]))
    idle = 2 * 10 if mode == AutoresetMode.NEXT_STEP else 0
    assert reward.steps_taken == 2 * 110 - idle
    segments = list(reward.learner.pool)
    assert {len(segment) for segment in segments} == {5}
    for segment in segments:
        expected = segment.actions == np.asarray(segment.observations) % ACTIONS
        np.testing.assert_array_equal(segment.true_rewards, expected)
        steps = np.diff(segment.actions) % ACTIONS
        assert (
            steps == steps[0]
        ).all()  # one environment cycles its actions, the other repeats one


def test_rounds_too_short_to_compare_leave_their_questions_to_later_ones(tmp_path: Path) -> None:
    reward = make_reward(tmp_path, labels=10, steps=20, rounds=10)
    act_randomly(LearnedReward(Match(), reward), 20)
    assert reward.store.labels_used("online") == 10


def test_a_folder_of_other_spaces_is_refused(tmp_path: Path) -> None:
    act_randomly(LearnedReward(Match(), make_reward(tmp_path)), 400)
    with pytest.raises(UserError, match="the reward was made for the action space"):
        OnlineReward(spaces.Discrete(STATES), spaces.Discrete(9), folder=tmp_path)


def test_a_true_reward_that_is_not_finite_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="environment 2 gave the reward nan after 0 steps"):
        make_reward(tmp_path).record(np.array(0), np.array(0), float("nan"), False, env=2)


@pytest.mark.parametrize("changes", [{"labels": 0}, {"steps": 1}, {"initial_share": 0.0}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_reward(tmp_path, **changes)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_agent_of_ones_own_learns_from_it(seed: int, tmp_path: Path) -> None:
    """Tabular actor-critic (Sutton & Barto 2018, section 13.5), which never sees a true reward."""
    rng = np.random.default_rng(seed)
    env = LearnedReward(Match(), make_reward(tmp_path, steps=1500, seed=seed))
    preferences, values = np.zeros((STATES, ACTIONS)), np.zeros(STATES)
    true_rewards = []
    state, _ = env.reset(seed=seed)
    for _ in range(4000):
        chances = np.exp(preferences[state]) / np.exp(preferences[state]).sum()
        action = int(rng.choice(ACTIONS, p=chances))
        following, reward, _, truncated, info = env.step(action)
        advantage = float(reward) - values[state]  # the next state does not depend on the action
        values[state] += 0.1 * advantage
        preferences[state] += 0.1 * advantage * (np.eye(ACTIONS)[action] - chances)
        true_rewards.append(info["true_reward"])
        state = env.reset()[0] if truncated else following
    assert np.mean(true_rewards[:400]) < 0.5
    assert np.mean(true_rewards[-500:]) > 0.9
