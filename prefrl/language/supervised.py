"""Fitting causal language models to texts: pretraining, and fine-tuning on demonstrations."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import Tensor

from prefrl.language.scoring import micro_batches, most_tokens, token_log_probabilities
from prefrl.seeding import generator

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Texts = Sequence[Sequence[int]]
"""The tokens of each text, at least two, the end token included."""


def fit_language_model(
    model: "PreTrainedModel",
    texts: Texts,
    *,
    prompt_lengths: Sequence[int] | None = None,
    epochs: int = 1,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    warm_up: float = 0.05,
    weight_decay: float = 0.01,
    seed: int = 0,
    progress: Callable[[float, float], None] | None = None,
) -> None:
    """Raise the likelihood of texts, by AdamW on the mean over tokens.

    The learning rate rises linearly and then falls to 0 as a cosine; gradients are clipped to norm
    1. Only parameters that require gradients are fitted.

    Args:
        model: The model to fit, in place.
        texts: What it should write; at least one.
        prompt_lengths: How many tokens of each text are given and so not learned to be written; by
            default only the first, which nothing precedes.
        epochs: Passes over the texts, at least 0.
        batch_size: Texts per step of the optimiser, at least 1.
        learning_rate: The highest, above 0.
        warm_up: Share of the steps in which the learning rate rises, in [0, 1].
        weight_decay: AdamW's.
        seed: Determines the order of the texts.
        progress: Called after each step with the share done, in (0, 1], and the step's loss in
            nats per token.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=learning_rate, betas=(0.9, 0.95), weight_decay=weight_decay, fused=True
    )
    starts = _starts(texts, prompt_lengths)
    batches_per_epoch = math.ceil(len(texts) / batch_size)
    steps, step = epochs * batches_per_epoch, 0
    for epoch in range(epochs):
        order = generator(seed, "supervised", epoch).permutation(len(texts))
        for places in np.array_split(order, batches_per_epoch):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * _rate(step / steps, warm_up)
            batch = [(texts[place], starts[place]) for place in places.tolist()]
            loss = _step(model, batch, optimizer)
            step += 1
            if progress is not None:
                progress(step / steps, loss)


@torch.no_grad()
def mean_loss(
    model: "PreTrainedModel", texts: Texts, prompt_lengths: Sequence[int] | None = None
) -> float:
    """Return a model's cross-entropy on texts, in nats per token.

    Args:
        model: The model.
        texts: At least one.
        prompt_lengths: How many tokens of each text are given; by default the first one.
    """
    batch = list(zip(texts, _starts(texts, prompt_lengths), strict=True))
    return sum(map(float, _losses(model, batch))) / _learned(batch)


def pad(texts: Texts) -> tuple[Tensor, Tensor]:
    """Return texts as rows `[B, L]`, padded on the right by 0, and their lengths `[B]`."""
    lengths = torch.tensor([len(text) for text in texts])
    tokens = torch.zeros(len(texts), int(lengths.max()), dtype=torch.int64)
    for row, text in zip(tokens, texts, strict=True):
        row[: len(text)] = torch.tensor(text)
    return tokens, lengths


def _rate(done: float, warm_up: float) -> float:
    """Return what the highest learning rate is multiplied by; never quite 0 at the start."""
    if done < warm_up:
        return max(done / warm_up, 0.01)
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / max(1 - warm_up, 1e-9)))


def _step(model: "PreTrainedModel", batch: "_Batch", optimizer: torch.optim.Optimizer) -> float:
    count, total = _learned(batch), 0.0
    optimizer.zero_grad()
    for loss in _losses(model, batch):
        (loss / count).backward()
        total += float(loss.detach())
    for group in optimizer.param_groups:
        torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()
    return total / count


_Batch: TypeAlias = Sequence[tuple[Sequence[int], int]]
"""Texts, and how many of their tokens are given."""


def _starts(texts: Texts, prompt_lengths: Sequence[int] | None) -> Sequence[int]:
    return [1] * len(texts) if prompt_lengths is None else prompt_lengths


def _learned(batch: _Batch) -> int:
    return sum(len(text) - start for text, start in batch)


def _losses(model: "PreTrainedModel", batch: _Batch) -> Iterator[Tensor]:
    """Yield the summed loss of each micro-batch, in nats."""
    tokens, lengths = pad([text for text, _ in batch])
    starts = torch.tensor([start for _, start in batch])
    wanted = torch.arange(tokens.shape[1]) >= starts[:, None]
    for part in micro_batches(lengths, most_tokens(model)):
        yield -token_log_probabilities(
            model, tokens[part], lengths[part], wanted=wanted[part]
        ).sum()
