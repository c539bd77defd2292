"""Reward terms over a finished rollout."""

import gymnasium
import numpy as np
import torch

from prefrl.agents.recording_env import Rollout
from prefrl.agents.reward_terms import add_terms, learned_reward, true_reward
from prefrl.reward_model import RewardEnsemble

BOX = gymnasium.spaces.Box(-1, 1, (2,), np.float32)


def make_rollout() -> Rollout:
    rng = np.random.default_rng(0)
    return Rollout(
        observations=rng.normal(size=(3, 4, 2)),
        actions=rng.normal(size=(3, 4, 2)),
        true_rewards=rng.normal(size=(3, 4)),
        dones=np.zeros((3, 4), bool),
    )


def test_terms_add_up() -> None:
    rollout = make_rollout()
    total = add_terms([true_reward, true_reward, lambda r: np.ones(r.dones.shape)], rollout)
    np.testing.assert_allclose(total, 2 * rollout.true_rewards + 1)


def test_the_learned_reward_is_the_mean_of_normalised_members() -> None:
    rollout = make_rollout()
    model = RewardEnsemble(BOX, BOX, members=3)
    model.output_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    model.output_std.copy_(torch.tensor([0.5, 1.0, 2.0]))
    assert not isinstance(rollout.observations, dict)
    steps = np.concatenate([rollout.observations, rollout.actions], -1)
    with torch.no_grad():
        raw = model(torch.tensor(steps, dtype=torch.float32)).numpy()
    expected = ((raw[0] - 1) / 0.5 + (raw[1] - 2) + (raw[2] - 3) / 2) / 3
    np.testing.assert_allclose(learned_reward(model)(rollout), expected, rtol=1e-4, atol=1e-5)
