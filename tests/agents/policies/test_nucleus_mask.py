"""NLPO's mask, and the policy under it."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from tiny_language import collect, text_envs, text_ppo
from torch import Tensor

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.policies.nucleus_mask import MaskPolicy, NucleusMask, nucleus, pack, unpack

LOGITS = torch.tensor([[0.5, 0.1, 0.3, 0.1], [0.05, 0.9, 0.03, 0.02]]).log()


@pytest.mark.parametrize(
    ("top_p", "first", "second"),
    [(0.4, [0], [1]), (0.5, [0], [1]), (0.6, [0, 2], [1]), (0.92, [0, 1, 2, 3], [0, 1])],
)
def test_a_nucleus_is_the_smallest_likely_set(
    top_p: float, first: list[int], second: list[int]
) -> None:
    kept = [torch.nonzero(row).flatten().tolist() for row in nucleus(LOGITS, top_p - 1e-4)]
    assert kept == [first, second]


def test_some_tokens_are_kept_whatever_their_probability() -> None:
    assert nucleus(LOGITS, 0.4, min_tokens=2).sum(-1).tolist() == [2, 2]


@pytest.mark.parametrize("size", [8, 13])
def test_packing_loses_nothing(size: int) -> None:
    mask = torch.rand(5, size) < 0.5
    assert torch.equal(unpack(torch.from_numpy(pack(mask)), size), mask)


def masked_ppo(**settings: Any) -> tuple[PPO, CausalLMPolicy]:
    env = text_envs()
    mask = NucleusMask(top_p=0.5, refresh_every=2, **settings)
    agent = text_ppo(
        env,
        policy={"mask": mask, "temperature": 0.8},
        rewards=lambda: np.random.rand(12, 4),
        learning_rate=1e-2,
    )
    assert isinstance(agent.policy, CausalLMPolicy)
    return agent, agent.policy


def mask_of(policy: CausalLMPolicy) -> MaskPolicy:
    assert policy.mask is not None
    return policy.mask


def judged(agent: PPO) -> tuple[Tensor, Tensor, Tensor]:
    (batch,) = agent.rollout_buffer.get(None)
    judged, entropies = agent.policy.evaluate_actions(batch.observations, batch.actions)[1:]
    assert entropies is not None
    size = int(agent.action_space.n)  # type: ignore[attr-defined]
    allowed = unpack(batch.observations["mask"], size)  # type: ignore[index]
    assert allowed.gather(1, batch.actions[:, None]).all()
    return judged.detach(), entropies.detach(), allowed


def test_the_mask_is_part_of_the_distribution_that_is_trained() -> None:
    agent, policy = masked_ppo()
    for _ in range(4):  # across a renewal
        buffer = collect(agent)
        log_probabilities, entropies, allowed = judged(agent)
        (batch,) = buffer.get(None)
        torch.testing.assert_close(log_probabilities, batch.old_log_prob, atol=1e-4, rtol=0)
        assert (entropies <= allowed.sum(1).log() + 1e-5).all()
        raw = policy.unmasked_log_probabilities(batch.observations, batch.actions)
        assert (raw <= log_probabilities + 1e-5).all()
        agent.train()


def test_the_mask_changes_after_every_second_update_and_only_then() -> None:
    agent, policy = masked_ppo()
    observations, _ = policy.obs_to_tensor(text_envs().reset())
    masks = []
    for _ in range(5):
        collect(agent)
        policy(observations)
        assert policy.last_masks is not None
        masks.append(policy.last_masks)
        agent.train()
    changed = [bool((one != other).any()) for one, other in itertools.pairwise(masks)]
    assert changed == [False, True, False, True]


def test_after_a_renewal_the_mask_policy_is_the_policy() -> None:
    agent, policy = masked_ppo()
    for _ in range(2):
        collect(agent)
        agent.train()
    pairs = list(
        zip(mask_of(policy).model.parameters(), policy.language_model.parameters(), strict=True)
    )
    assert any((own != new).any() for own, new in pairs)
    agent.policy.set_training_mode(False)
    assert all(torch.equal(own, new) for own, new in pairs)


def test_some_tokens_can_always_be_allowed() -> None:
    agent, policy = masked_ppo(always=(7, 9))
    collect(agent)
    _, _, allowed = judged(agent)
    assert allowed[:, [7, 9]].all()
    assert not allowed.all()
    assert policy.last_masks is not None


def test_the_divergence_is_of_the_policy_without_its_mask() -> None:
    agent, policy = masked_ppo()
    assert np.abs(collect(agent).log_ratios(policy)).max() < 1e-5


def test_the_mask_policy_and_its_count_are_saved() -> None:
    agent, policy = masked_ppo()
    collect(agent)
    agent.train()
    names = set(policy.state_dict())
    assert {"mask.updates", "mask.renewed_at", "mask.model.model.norm.weight"} <= names
    _, other = masked_ppo()
    other.load_state_dict(policy.state_dict())
    assert int(mask_of(other).updates) == 1
