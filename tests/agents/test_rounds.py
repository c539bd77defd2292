"""The plan of a run."""

import dataclasses
import math

from hypothesis import given
from hypothesis import strategies as st

from prefrl.agents.rounds import plan_rounds
from prefrl.agents.settings import PPOSettings, RunSettings

PPO = PPOSettings(num_envs=4, n_steps=50)


@given(
    steps=st.integers(1, 200_000),
    labels=st.integers(1, 2000),
    rounds=st.integers(1, 50),
    horizon=st.none() | st.integers(1, 1000),
)
def test_plans_spend_the_budget_and_take_the_steps(
    steps: int, labels: int, rounds: int, horizon: int | None
) -> None:
    settings = RunSettings(env="", run="", steps=steps, labels=labels, rounds=rounds, ppo=PPO)
    plan = plan_rounds(settings, horizon)
    assert sum(round_.labels for round_ in plan) == labels
    rollouts = max(2, -(-steps // 200))
    assert sum(round_.rollouts for round_ in plan) == rollouts, "no more steps than asked for"
    assert not plan[0].trains
    assert all(round_.trains for round_ in plan[1:])
    assert plan[-1].labels == 0
    horizon_rollouts = -(-(horizon or 1) // 50)
    if rollouts >= 4 * horizon_rollouts:
        assert all(round_.rollouts >= horizon_rollouts for round_ in plan)


def test_the_true_reward_trains_from_the_first_round() -> None:
    settings = RunSettings(env="", run="", steps=20_000, reward="true", ppo=PPO)
    plan = plan_rounds(settings, 100)
    assert all(round_.trains and round_.labels == 0 for round_ in plan)
    assert sum(round_.rollouts for round_ in plan) * 200 == 20_000


def test_a_quarter_is_asked_about_the_initial_policy() -> None:
    settings = RunSettings(env="", run="", steps=100_000, labels=700, ppo=PPO)
    assert plan_rounds(settings, 100)[0].labels == 175
    constant = dataclasses.replace(settings, schedule="constant")
    later = [round_.labels for round_ in plan_rounds(constant, 100)[1:-1]]
    assert max(later) - min(later) <= 1


def test_where_labels_are_given_the_initial_policy_acts_only_for_the_scales() -> None:
    settings = RunSettings(env="", run="", steps=100_000, labels=700, ppo=PPO)
    given_labels = dataclasses.replace(settings, labels_given=True)
    plan = plan_rounds(given_labels, 100)
    assert plan[0].rollouts == math.ceil(256 * 30 / 200) < plan_rounds(settings, 100)[0].rollouts
    assert not any(round_.labels for round_ in plan)
