"""Settings of runs that train a language model."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Critic: TypeAlias = Literal["shared", "reward"]
"""A value head on the policy's own trunk, or a separate network that starts as the reward model."""

RewardFit: TypeAlias = Literal["model", "head"]
"""What of the reward's language model is fitted: all of it (or adapters), or its head alone."""


@dataclass(frozen=True)
class LanguageSettings:
    """How a language model is trained.

    Attributes:
        model: The folder of the causal language model; empty for the one that prefrl ships.
        supervised_texts: How many texts of the task's corpus the model is fitted to first; what
            comes out is the reference.
        lora_rank: Rank of low-rank adapters, which are then all that is trained; 0 trains every
            weight.
        temperature: What logits are divided by, wherever the policy or the reference is asked.
        critic: See `Critic`.
        reward_fit: See `RewardFit`.
        reward_likelihood: Whether the reward also reads how likely the reference finds a text.
        kl_coefficient: What a nat of KL to the reference costs at first, at least 0.
        kl_target: Of the KL, in nats per text, to which the coefficient is steered; None leaves it.
        kl_horizon: See `KLController`.
        missing_end_penalty: What a text without an end token costs, at least 0.
        length_penalty: What each token costs, at least 0.
        mask_share: Tokens are drawn from those that together have this share of the probability
            under an older policy (NLPO); None draws from all.
        mask_least: How many tokens such a mask keeps at least.
        mask_updates: After how many updates the older policy is replaced by the present one.
        evaluation_texts: How many texts, of as many prompts, are compared with the reference's
            after each round.
    """

    model: str = ""
    supervised_texts: int = 0
    lora_rank: int = 0
    temperature: float = 1.0
    critic: Critic = "shared"
    reward_fit: RewardFit = "model"
    reward_likelihood: bool = False
    kl_coefficient: float = 0.1
    kl_target: float | None = 5.0
    kl_horizon: int = 10_000
    missing_end_penalty: float = 0.0
    length_penalty: float = 0.0
    mask_share: float | None = None
    mask_least: int = 20
    mask_updates: int = 5
    evaluation_texts: int = 128
