"""The causal language model as a policy of stock PPO."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from tiny_language import collect, text_envs, text_ppo, tiny_llama

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.language.lora import add_lora
from prefrl.tensors import load_module, save_module
from prefrl.trees import Array


def answer(tokens: Array, generator: np.random.Generator) -> list[int]:
    """Reply to half of all actions, by up to two tokens."""
    return [int(token) for token in generator.integers(0, 300, generator.integers(0, 3))]


def policy_of(agent: PPO) -> CausalLMPolicy:
    assert isinstance(agent.policy, CausalLMPolicy)
    return agent.policy


def logits_of(policy: CausalLMPolicy, observations: Any) -> torch.Tensor:
    distribution: Any = policy.get_distribution(observations).distribution
    logits: torch.Tensor = distribution.logits
    return logits


def judged(agent: PPO) -> tuple[torch.Tensor, ...]:
    """Return what whole texts of the rollout are judged by, and what was noted in acting."""
    (batch,) = agent.rollout_buffer.get(None)
    values, log_probabilities, entropies = agent.policy.evaluate_actions(
        batch.observations, batch.actions
    )
    assert entropies is not None
    return values, log_probabilities, batch.old_values, batch.old_log_prob


@pytest.mark.parametrize("task", [{}, {"responder": answer, "context": 24}])
def test_acting_and_training_agree(task: dict[str, Any]) -> None:
    agent = text_ppo(text_envs(**task), steps=30, policy={"temperature": 0.7})
    torch.nn.init.normal_(policy_of(agent).value_head.weight)
    collect(agent)
    values, log_probabilities, old_values, old_log_probabilities = judged(agent)
    torch.testing.assert_close(values.flatten(), old_values, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(log_probabilities, old_log_probabilities, atol=1e-4, rtol=0)
    ratios = (log_probabilities - old_log_probabilities).exp()
    assert float((ratios - 1).abs().max().detach()) < 1e-4


def test_prompts_alone_are_not_read_for_values_that_nothing_is_bootstrapped_from() -> None:
    env = text_envs()
    agent = text_ppo(env)
    torch.nn.init.normal_(policy_of(agent).value_head.weight)
    prompts, _ = agent.policy.obs_to_tensor(env.reset())
    actions, values, _ = agent.policy(prompts)
    assert values.all()
    assert not agent.policy.predict_values(prompts).any()
    following: Any = env.step(actions.numpy())[0]
    texts, _ = agent.policy.obs_to_tensor(following)
    torch.testing.assert_close(agent.policy.predict_values(texts), agent.policy(texts)[1])
    assert agent.policy.predict_values(texts).all()
    assert isinstance(prompts, dict)
    assert isinstance(texts, dict)
    mixed = {key: torch.cat([prompts[key][:2], texts[key][2:]]) for key in texts}
    expected = agent.policy(mixed)[1] * torch.tensor([[0.0], [0.0], [1.0], [1.0]])
    torch.testing.assert_close(agent.policy.predict_values(mixed), expected)


def test_ratios_start_at_1_after_updates_and_with_dropout_in_the_model() -> None:
    env = text_envs()
    model = tiny_llama(int(env.action_space.n), attention_dropout=0.5)  # type: ignore[attr-defined]
    agent = text_ppo(env, model=model, rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    for _ in range(3):
        collect(agent)
        _, log_probabilities, _, old = judged(agent)
        assert float((log_probabilities - old).abs().max().detach()) < 1e-4
        agent.train()
    assert not any(module.training for module in agent.policy.modules())


def test_many_minibatches_judge_each_action_once() -> None:
    agent = text_ppo(text_envs(responder=answer, context=24), steps=30)
    buffer = collect(agent)
    buffer.advantages = np.arange(120.0).reshape(30, 4)
    batches = list(buffer.get(16))
    assert len(batches) > 4
    seen = torch.cat([batch.advantages for batch in batches])
    assert sorted(seen.tolist()) == list(range(120))
    for batch in batches:
        _, log_probabilities, _ = agent.policy.evaluate_actions(batch.observations, batch.actions)
        torch.testing.assert_close(log_probabilities, batch.old_log_prob, atol=1e-4, rtol=0)


def test_observations_are_judged_as_the_environment_gives_them() -> None:
    env = text_envs()
    agent = text_ppo(env)
    observations, _ = agent.policy.obs_to_tensor(env.reset())
    actions, _, log_probabilities = agent.policy(observations)
    _, judged_alone, entropies = agent.policy.evaluate_actions(observations, actions)
    torch.testing.assert_close(judged_alone, log_probabilities, atol=1e-5, rtol=1e-5)
    distribution = agent.policy.get_distribution(observations)
    torch.testing.assert_close(distribution.log_prob(actions), judged_alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(distribution.entropy(), entropies, atol=1e-5, rtol=1e-5)


def test_the_divergence_is_0_at_the_start_and_not_after_training() -> None:
    agent = text_ppo(text_envs(), rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    buffer = collect(agent)
    assert np.abs(buffer.log_ratios(policy_of(agent))).max() < 1e-5
    agent.train()
    buffer = collect(agent)
    ratios = buffer.log_ratios(policy_of(agent))
    assert np.abs(ratios).max() > 1e-3
    first = buffer.sequences
    place = 5  # one action, by hand
    reference = policy_of(agent).reference
    assert reference is not None
    with torch.no_grad():
        text = torch.from_numpy(first.tokens[first.rows[place]])[None]
        logits = reference(text).logits[0, first.positions[place] - 1]
    token = int(text[0, first.positions[place]])
    step, env = first.steps[place], first.envs[place]
    by_hand = buffer.log_probs[step, env] - float(logits.log_softmax(-1)[token])
    assert ratios[step, env] == pytest.approx(by_hand, abs=1e-5)


def test_a_policy_can_stand_in_for_its_reference() -> None:
    env = text_envs()
    agent = text_ppo(env, rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    policy = policy_of(agent)
    observations, _ = policy.obs_to_tensor(env.reset())
    before = logits_of(policy, observations)
    collect(agent)
    agent.train()
    with policy.as_reference():
        as_reference = logits_of(policy, observations)
    after = logits_of(policy, observations)
    torch.testing.assert_close(as_reference, before)
    assert float((after - before).abs().max().detach()) > 1e-3


def test_checkpoints_hold_what_is_trained_and_no_reference(tmp_path: Path) -> None:
    agent = text_ppo(text_envs(), rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    collect(agent)
    agent.train()
    save_module(tmp_path / "policy.safetensors", agent.policy)
    names = set(agent.policy.state_dict())
    assert "value_head.weight" in names
    assert not any(name.startswith("reference") for name in names)
    other = text_ppo(text_envs())
    load_module(tmp_path / "policy.safetensors", other.policy)
    for name, value in agent.policy.state_dict().items():
        assert torch.equal(other.policy.state_dict()[name], value), name


def test_missing_weights_are_noticed() -> None:
    policy = text_ppo(text_envs()).policy
    state = policy.state_dict()
    del state["value_head.weight"]
    with pytest.raises(RuntimeError, match="value_head"):
        policy.load_state_dict(state)


def test_frozen_layers_are_neither_trained_nor_saved() -> None:
    env = text_envs()
    model = tiny_llama(int(env.action_space.n))  # type: ignore[attr-defined]
    model.model.layers[0].requires_grad_(False)
    agent = text_ppo(env, model=model, rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    before = {name: value.clone() for name, value in model.named_parameters()}
    collect(agent)
    agent.train()
    changed = {name for name, value in model.named_parameters() if (value != before[name]).any()}
    assert changed
    assert not any("layers.0." in name for name in changed)
    assert not any("layers.0." in name for name in policy_of(agent).state_dict())


def test_adapters_are_trained_and_without_them_the_model_is_the_reference() -> None:
    env = text_envs()
    model = tiny_llama(int(env.action_space.n))  # type: ignore[attr-defined]
    add_lora(model, rank=2)
    agent = text_ppo(env, model=model, rewards=lambda: np.random.rand(12, 4), learning_rate=1e-2)
    policy = policy_of(agent)
    assert policy.reference is None
    assert np.abs(collect(agent).log_ratios(policy)).max() < 1e-5
    observations, _ = policy.obs_to_tensor(env.reset())
    before = logits_of(policy, observations)
    agent.train()
    assert np.abs(collect(agent).log_ratios(policy)).max() > 1e-4
    with policy.as_reference():
        torch.testing.assert_close(logits_of(policy, observations), before)
    _, log_probabilities, _, old = judged(agent)
    assert float((log_probabilities - old).abs().max().detach()) < 1e-4
    assert all("lora_" in name or "value_head" in name for name in policy.state_dict())


def test_a_critic_of_its_own_gives_the_values() -> None:
    env = text_envs()
    tokens = int(env.action_space.n)  # type: ignore[attr-defined]
    critic = tiny_llama(tokens, seed=1, hidden_size=8)
    head = torch.nn.Linear(8, 1)
    agent = text_ppo(
        env,
        policy={"critic": critic, "value_head": head},
        rewards=lambda: np.random.rand(12, 4),
        learning_rate=1e-2,
    )
    collect(agent)
    values, _, old_values, _ = judged(agent)
    torch.testing.assert_close(values.flatten(), old_values, atol=1e-4, rtol=1e-4)
    (batch,) = agent.rollout_buffer.get(None)
    text, place = batch.observations["row"][0], batch.observations["position"][0]  # type: ignore[index]
    tokens_read = batch.observations["tokens"][text : text + 1]  # type: ignore[index]
    by_hand = head(critic.model(tokens_read).last_hidden_state[0, place - 1])
    torch.testing.assert_close(batch.old_values[:1], by_hand, atol=1e-4, rtol=1e-4)
    before = critic.model.norm.weight.clone()
    agent.train()
    assert (critic.model.norm.weight != before).any()


def edited(observations: dict[str, Array], generator: np.random.Generator) -> dict[str, Array]:
    """Return what a wrapper might show instead: a token replaced, or the text's end cut off."""
    shown = {name: values.copy() for name, values in observations.items()}
    row = generator.integers(len(shown["tokens"]))
    place = generator.integers(shown["length"][row, 0])
    if generator.integers(2):
        shown["tokens"][row, place] = generator.integers(300)
    else:
        shown["length"][row] = place + 1
    return shown


def test_nothing_stale_is_read_in_1000_mixes_of_steps_resets_and_edits() -> None:
    generator = np.random.default_rng(0)
    env = text_envs(3, responder=answer, context=24, autoreset_mode="Disabled").env
    policy = policy_of(text_ppo(text_envs(3, context=24)))
    observations, _ = env.reset(seed=0)
    ended = np.zeros(3, bool)
    for _ in range(1000):
        reset = ended | (generator.random(3) < 0.1)
        if reset.any():
            observations, _ = env.reset(options={"reset_mask": reset})
        edit = generator.random() < 0.3
        shown, _ = policy.obs_to_tensor(edited(observations, generator) if edit else observations)
        actions, _, cached = policy(shown)
        with torch.no_grad():
            _, uncached, _ = policy.evaluate_actions(shown, actions)
        torch.testing.assert_close(cached, uncached, atol=1e-4, rtol=0)
        observations, _, ended, _, _ = env.step(actions.numpy())
