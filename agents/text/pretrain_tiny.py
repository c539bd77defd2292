"""Pretrains the tiny language model that ships: `python -m prefrl.agents.text.pretrain_tiny`."""

import argparse
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from prefrl.envs.text.corpora import WRITERS, corpus
from prefrl.envs.text.tokenizer import TextTokenizer
from prefrl.language.causal_models import TINY, import_transformers, save_causal_model
from prefrl.language.supervised import fit_language_model, mean_loss

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DOCUMENTS = 15_000
"""Texts of each corpus, all read once."""

LEARNING_RATE = 3e-3

CORPUS_SEED, HELDOUT_SEED = 1, 2
"""Of the corpora; 0 is that of the environments' prompts."""

CONTEXT = 256
"""Most tokens that the model reads; the corpora's longest text has fewer than a third."""


def main() -> None:
    """Pretrain the model and write its folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="texts of each corpus")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and order")
    parser.add_argument("--out", type=Path, default=TINY, help="the folder to write")
    options = parser.parse_args()
    model = pretrain(options.documents, options.seed)
    shutil.rmtree(options.out, ignore_errors=True)
    save_causal_model(model, options.out, torch.bfloat16)
    tokenizer = TextTokenizer()
    for env_id in WRITERS:
        heldout = encoded(env_id, 500, HELDOUT_SEED, tokenizer)
        print(f"{env_id}: {mean_loss(model, heldout):.3f} nats per token of new texts")


def pretrain(documents: int = DOCUMENTS, seed: int = 0) -> "PreTrainedModel":
    """Return a Llama that was fitted to the corpora of all tasks.

    Args:
        documents: Texts of each corpus, at least 1.
        seed: Of the initial weights and the order of the texts.
    """
    tokenizer = TextTokenizer()
    texts = [
        text for env_id in WRITERS for text in encoded(env_id, documents, CORPUS_SEED, tokenizer)
    ]
    model = make_model(tokenizer, seed)
    fit_language_model(
        model, texts, learning_rate=LEARNING_RATE, seed=seed, progress=loss_printer(len(texts))
    )
    return model


def make_model(tokenizer: TextTokenizer, seed: int) -> "PreTrainedModel":
    """Return a random Llama for a tokenizer: 3 layers, 128 wide, about 0.7 million parameters."""
    transformers = import_transformers()
    config = transformers.LlamaConfig(
        vocab_size=tokenizer.size,
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.end,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return transformers.LlamaForCausalLM(config)


def encoded(env_id: str, documents: int, seed: int, tokenizer: TextTokenizer) -> list[list[int]]:
    """Return texts of a task's corpus as tokens, the end token included."""
    return [
        [*tokenizer.encode(document.prompt + document.continuation), tokenizer.end]
        for document in corpus(env_id, documents, seed)
    ]


def loss_printer(texts: int) -> Callable[[float, float], None]:
    """Return what prints the loss 50 times while a number of texts is fitted to."""
    start, shown = time.monotonic(), 0

    def show(share: float, loss: float) -> None:
        nonlocal shown
        if int(share * 50) > shown:
            shown = int(share * 50)
            seconds = time.monotonic() - start
            rate = share * texts / seconds
            print(f"{share:4.0%}  {loss:.3f} nats per token  {rate:.0f} texts/s", flush=True)

    return show


if __name__ == "__main__":
    main()
