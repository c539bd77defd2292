"""Random Llamas of a few thousand parameters, for tests."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from prefrl.language.causal_models import (
    import_transformers,
    load_causal_model,
    save_causal_model,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def make_tiny_llama(
    folder: Path,
    *,
    vocabulary_size: int = 32,
    context: int = 64,
    hidden: int = 16,
    layers: int = 2,
    end_token: int = 1,
    spread: float = 0.5,
    seed: int = 0,
) -> "PreTrainedModel":
    """Write a random Llama to a folder and return it as it is loaded from there.

    Weights of standard deviation `spread`, by default large, so that mistakes show.
    """
    transformers = import_transformers()
    config = transformers.LlamaConfig(
        vocab_size=vocabulary_size,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end_token,
        pad_token_id=0,
        initializer_range=spread,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.LlamaForCausalLM(config)
    save_causal_model(model, folder)
    return load_causal_model(folder)
