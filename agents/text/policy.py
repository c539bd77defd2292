"""What a policy that writes texts is made of."""

from typing import Any

import gymnasium
import torch

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.policies.nucleus_mask import NucleusMask
from prefrl.language.causal_models import TINY, load_causal_model
from prefrl.language.lora import add_lora
from prefrl.language.text_reward_model import TextRewardModel

from .settings import LanguageSettings


def text_policy_kwargs(
    language: LanguageSettings, action_space: gymnasium.Space[Any]
) -> dict[str, Any]:
    """Return the arguments of the policy that writes texts (see `CausalLMPolicy`).

    Raises:
        UserError: If there is no language model in its folder.
    """
    assert isinstance(action_space, gymnasium.spaces.Discrete)
    size = int(action_space.n)
    model = load_causal_model(language.model or TINY, vocabulary_size=size)
    kwargs: dict[str, Any] = {"model": model, "temperature": language.temperature}
    if language.lora_rank:
        add_lora(model, language.lora_rank)
    if language.critic == "reward":
        kwargs["critic"] = load_causal_model(language.model or TINY, vocabulary_size=size)
    if language.mask_share is not None:
        kwargs["mask"] = NucleusMask(
            top_p=language.mask_share,
            refresh_every=language.mask_updates,
            min_tokens=language.mask_least,
        )
    return kwargs


@torch.no_grad()
def start_critic(policy: CausalLMPolicy, reward: TextRewardModel) -> None:
    """Let a critic of its own begin as the reward model (Stiennon et al. 2020, section 3.4).

    Before the end of a text it then says what the text so far would be worth.

    Args:
        policy: With a critic of its own.
        reward: Its first member is taken, with its normalisation.
    """
    assert policy.critic is not None
    policy.critic.base_model.load_state_dict(reward.trunks[0].state_dict())
    weight, bias = reward.value_head()
    policy.value_head.weight.copy_(weight)
    policy.value_head.bias.copy_(bias)
