"""Fused generation."""

import numpy as np
import torch
from tiny_language import PROMPTS, no_score, text_envs, text_ppo

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.text.generate import generate
from prefrl.envs.text.task import load_task

END = load_task(prompts=PROMPTS, scorer=no_score).tokenizer.end
SEED = 3


def test_generating_gives_the_texts_of_stepping() -> None:
    env = text_envs(8, horizon=9)
    agent = text_ppo(env, steps=9, policy={"temperature": 0.7})
    assert isinstance(agent.policy, CausalLMPolicy)
    # An end token that comes now and then.
    with torch.no_grad():
        agent.policy.language_model.get_output_embeddings().weight[END] *= 8
    _, callback = agent._setup_learn(10**6)
    env.seed(5)
    agent._last_obs = start = env.reset()
    torch.manual_seed(SEED)
    agent.collect_rollouts(env, callback, agent.rollout_buffer, agent.n_steps)
    texts = agent.rollout_buffer.sequences  # type: ignore[attr-defined]
    agent.policy.forget()
    written = generate(agent.policy, start, horizon=9, end_token=END, seed=SEED)
    ends = []
    for row in range(8):
        text = texts.rows[(texts.envs == row) & (texts.steps == 0)][0]
        length = int(written["length"][row, 0])
        assert texts.lengths[text] == length
        assert (texts.tokens[text, :length] == written["tokens"][row, :length]).all()
        ends.append(length - int(start["length"][row, 0]))
        assert written["is_action"][row].sum() == ends[-1]
    assert min(ends) < 9
    assert max(ends) == 9


def test_a_seed_decides_and_torch_s_generator_is_left_alone() -> None:
    env = text_envs(4)
    agent = text_ppo(env)
    assert isinstance(agent.policy, CausalLMPolicy)
    start = env.reset()
    state = torch.get_rng_state()
    first, again = (
        generate(agent.policy, start, horizon=9, end_token=END, seed=1)["tokens"] for _ in range(2)
    )
    other = generate(agent.policy, start, horizon=9, end_token=END, seed=2)["tokens"]
    assert torch.equal(state, torch.get_rng_state())
    assert (first == again).all()
    assert (first != other).any()


def test_without_a_seed_the_likeliest_tokens_are_written() -> None:
    env = text_envs(4)
    agent = text_ppo(env)
    assert isinstance(agent.policy, CausalLMPolicy)
    start = env.reset()
    written = generate(agent.policy, start, horizon=1, end_token=END)
    likeliest, _ = agent.predict(start, deterministic=True)
    assert (written["tokens"][np.arange(4), start["length"][:, 0]] == likeliest).all()


def test_texts_with_a_full_context_are_left_as_they_are() -> None:
    env = text_envs(2)
    agent = text_ppo(env)
    assert isinstance(agent.policy, CausalLMPolicy)
    start = env.reset()
    start["length"][:] = start["tokens"].shape[1]
    written = generate(agent.policy, start, horizon=3, end_token=END, seed=1)
    assert (written["tokens"] == start["tokens"]).all()
