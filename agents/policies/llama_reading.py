"""Llama's layers, read with fewer and larger operations than the library's where texts grow."""

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .key_value_slots import KeyValueSlots

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def is_llama(model: "PreTrainedModel") -> bool:
    """Return whether `read_llama` reads this model as the library does, adapters included."""
    return type(model.base_model).__name__ == "LlamaModel"


def read_llama(
    model: "PreTrainedModel", tokens: Tensor, positions: Tensor, slots: KeyValueSlots
) -> Tensor:
    """Return the last layer's hidden states, `[R, Q, d]`.

    Args:
        model: With the modules of the library's `LlamaForCausalLM`, which may have adapters.
        tokens: `[R, Q]`.
        positions: Their places, `[R, Q]`.
        slots: Keys and values of what comes before; takes these tokens' in where it was told to.
    """
    llama: Any = model.base_model
    states = llama.embed_tokens(tokens)
    turns = llama.rotary_emb(states, positions)
    for index, layer in enumerate(llama.layers):
        read = _attend(layer.self_attn, _norm(layer.input_layernorm, states), turns, slots, index)
        states = states + read
        states = states + layer.mlp(_norm(layer.post_attention_layernorm, states))
    return _norm(llama.norm, states)


def _attend(
    attention: Any, states: Tensor, turns: tuple[Tensor, Tensor], slots: KeyValueSlots, layer: int
) -> Tensor:
    shape = (*states.shape[:2], -1, attention.head_dim)
    queries, keys, values = (
        project(states).view(shape).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    queries, keys = _turn(queries, turns), _turn(keys, turns)
    all_keys, all_values = slots.update(keys, values, layer)
    read = F.scaled_dot_product_attention(
        queries, all_keys, all_values, slots.mask, scale=attention.scaling, enable_gqa=True
    )
    projected: Tensor = attention.o_proj(read.transpose(1, 2).flatten(2))
    return projected


def _turn(vectors: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Turn by the rotary embedding of positions (Su et al. 2021), half by half as Llama does."""
    cosines, sines = turns
    first, second = vectors.chunk(2, -1)
    return vectors * cosines[:, None] + torch.cat((-second, first), -1) * sines[:, None]


def _norm(norm: Any, states: Tensor) -> Tensor:
    return F.rms_norm(states, states.shape[-1:], norm.weight, norm.variance_epsilon)
