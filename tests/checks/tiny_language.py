"""Tiny language models, and stock PPO on texts, for tests of several folders."""

from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv
from transformers import LlamaConfig, LlamaForCausalLM

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.text.token_rollout_buffer import TokenRolloutBuffer
from prefrl.agents.vector_adapter import VectorAdapter
from prefrl.envs.text.vector_environment import TextGenerationVector
from prefrl.trees import Array

PROMPTS = ["the film", "my friend said", "overall , the plot"]


def tiny_llama(vocabulary: int, *, seed: int = 0, spread: float = 0.3, **config: Any) -> Any:
    """Return a Llama with random weights, of a spread that makes some tokens much likelier."""
    torch.manual_seed(seed)
    settings: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 64,
        "tie_word_embeddings": True,
        "initializer_range": spread,
    }
    return LlamaForCausalLM(LlamaConfig(**{**settings, **config})).eval()


def no_score(prompt: str, continuation: str) -> float:
    return 0.0


def text_envs(count: int = 4, **task: Any) -> VectorAdapter:
    """Return texts of up to 9 actions side by side."""
    settings = {"prompts": PROMPTS, "scorer": no_score, "horizon": 9, **task}
    return VectorAdapter(TextGenerationVector(count, **settings))


def text_ppo(
    env: VecEnv,
    *,
    rewards: Callable[[], Array] = lambda: torch.zeros(()).numpy(),
    model: Any = None,
    steps: int = 12,
    seed: int = 0,
    policy: dict[str, Any] | None = None,
    **settings: Any,
) -> PPO:
    """Return a stock PPO that writes with a tiny model."""
    vocabulary = int(env.action_space.n)  # type: ignore[attr-defined]
    agent: PPO = PPO(
        CausalLMPolicy,
        env,
        n_steps=steps,
        batch_size=settings.pop("batch_size", steps * env.num_envs),
        rollout_buffer_class=TokenRolloutBuffer,
        rollout_buffer_kwargs={
            "rewards": rewards,
            "masks": lambda: agent.policy.last_masks,
        },
        policy_kwargs={"model": model or tiny_llama(vocabulary), **(policy or {})},
        seed=seed,
        device="cpu",
        **settings,
    )
    return agent


def collect(agent: PPO) -> TokenRolloutBuffer:
    """Let an agent act for one rollout, and return its buffer."""
    _, callback = agent._setup_learn(10**6)
    assert agent.env is not None
    agent.collect_rollouts(agent.env, callback, agent.rollout_buffer, agent.n_steps)
    assert isinstance(agent.rollout_buffer, TokenRolloutBuffer)
    return agent.rollout_buffer
