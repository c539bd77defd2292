"""Fitting causal language models to texts: pretraining, and fine-tuning on demonstrations."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

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
    batches_per_epoch = math.ceil(len(texts) / batch_size)
    steps, step = epochs * batches_per_epoch, 0
    for epoch in range(epochs):
        order = generator(seed, "supervised", epoch).permutation(len(texts))
        for places in np.array_split(order, batches_per_epoch):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * _rate(step / steps, warm_up)
            loss = _step(model, [texts[place] for place in places.tolist()], optimizer)
            step += 1
            if progress is not None:
                progress(step / steps, loss)


@torch.no_grad()
def mean_loss(model: "PreTrainedModel", texts: Texts) -> float:
    """Return a model's cross-entropy on texts, in nats per token; the first ones are given."""
    tokens, lengths = pad(texts)
    losses = [float(loss) for loss in _losses(model, tokens, lengths)]
    return sum(losses) / int((lengths - 1).sum())


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


def _step(model: "PreTrainedModel", texts: Texts, optimizer: torch.optim.Optimizer) -> float:
    tokens, lengths = pad(texts)
    count = int((lengths - 1).sum())
    total = 0.0
    optimizer.zero_grad()
    for loss in _losses(model, tokens, lengths):
        (loss / count).backward()
        total += float(loss.detach())
    for group in optimizer.param_groups:
        torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()
    return total / count


def _losses(model: "PreTrainedModel", tokens: Tensor, lengths: Tensor) -> Iterator[Tensor]:
    """Yield the summed loss of each micro-batch, in nats."""
    for batch in micro_batches(lengths, most_tokens(model)):
        yield -token_log_probabilities(model, tokens[batch], lengths[batch]).sum()
