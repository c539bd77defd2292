"""PPO with a divergence penalty converges to what can be computed by enumeration."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_language import text_ppo, tiny_llama

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.text.token_rollout_buffer import TokenRolloutBuffer
from prefrl.agents.vector_adapter import VectorAdapter
from prefrl.envs.text.vector_environment import TextGenerationVector
from prefrl.trees import Array

WORDS = ["a", "b", "c", "<end>"]
END, HORIZON = 3, 3
PROMPT = (1, 0)  # not one word repeated, since a Llama cannot count equal words
BETA = 0.5


def write_tokenizer(folder: Path) -> Path:
    """Write a tokenizer of four words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer: Any = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "a"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def all_texts() -> list[tuple[int, ...]]:
    """Return every continuation: up to its end token, or of full length."""
    texts = set()
    for tokens in itertools.product(range(4), repeat=HORIZON):
        length = tokens.index(END) + 1 if END in tokens else HORIZON
        texts.add(tokens[:length])
    return sorted(texts)


def score(prompt: str, continuation: str) -> float:
    """Return a reward between −1 and 1 that looks random."""
    code = sum((place + 2) ** 2 * ord(word) for place, word in enumerate(continuation.split()))
    return float(np.sin(code))


def probabilities(model: Any) -> Array:
    """Return the model's probability of each continuation."""
    result = []
    for text in all_texts():
        tokens = torch.tensor([(*PROMPT, *text)])
        with torch.no_grad():
            logits = model(tokens[:, :-1]).logits[0, 1:].log_softmax(-1)
        result.append(float(logits.gather(-1, tokens[0, 2:, None]).sum().exp()))
    assert sum(result) == pytest.approx(1, abs=1e-5)
    return np.array(result)


def optimum(reference: Array) -> Array:
    """Return the optimal policy, proportional to rho exp(r / beta) (Ziegler et al. 2019, 2.2)."""
    rewards = [score("", " ".join(WORDS[t] for t in text if t != END)) for text in all_texts()]
    weights = reference * np.exp(np.array(rewards) / BETA)
    best: Array = weights / weights.sum()
    return best


def total_variation(one: Array, other: Array) -> float:
    return float(np.abs(one - other).sum()) / 2


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ppo_finds_the_optimal_policy(tmp_path: Path, seed: int) -> None:
    tokenizer = write_tokenizer(tmp_path)
    texts = TextGenerationVector(
        128, prompts=["b a"], scorer=score, tokenizer=tokenizer, horizon=HORIZON
    )
    env = RecordingVecEnv(VectorAdapter(texts))
    model = tiny_llama(
        4,
        seed=seed,
        spread=0.2,
        hidden_size=32,
        intermediate_size=64,
        tie_word_embeddings=False,
    )

    def rewards() -> Array:
        buffer, policy = agent.rollout_buffer, agent.policy
        assert isinstance(buffer, TokenRolloutBuffer)
        assert isinstance(policy, CausalLMPolicy)
        return env.take_rollout().true_rewards - BETA * buffer.log_ratios(policy)

    updates, steps = 90, 2 * HORIZON
    agent = text_ppo(
        env,
        rewards=rewards,
        model=model,
        steps=steps,
        seed=seed,
        n_epochs=4,
        learning_rate=lambda left: 5e-3 * left,
        gamma=1.0,
        gae_lambda=1.0,
        normalize_advantage=False,
        max_grad_norm=1.0,
    )
    start = probabilities(model)
    best = optimum(start)
    agent.learn(updates * steps * 128)
    assert total_variation(start, best) > 0.2
    assert total_variation(probabilities(model), best) < 0.05
