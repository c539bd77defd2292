"""What a language model's last layer says before given places of texts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_TOKENS = 1024
"""Tokens of a micro-batch, padding included, with which small models are fastest on a processor."""


def states_before(
    model: "PreTrainedModel", tokens: Tensor, rows: Tensor, positions: Tensor
) -> Tensor:
    """Return the hidden states from which tokens at given places are predicted.

    Texts are read in micro-batches, each cut to its longest; they cost least sorted by length. A
    causal model reads from the left, so what is behind a place changes nothing: no mask is needed.

    Args:
        model: A causal language model.
        tokens: Texts, `[B, L]`, padded on the right.
        rows: Text of each place, `[M]`, ascending.
        positions: Each at least 1, `[M]`; L is the place behind a full text.

    Returns:
        `[M, d]`.
    """
    pieces = []
    for texts, places, needed in _micro_batches(tokens, rows, positions):
        read = model.base_model(tokens[texts, :needed], use_cache=False).last_hidden_state
        pieces.append(read[rows[places] - texts.start, positions[places] - 1])
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces)


def _micro_batches(
    tokens: Tensor, rows: Tensor, positions: Tensor
) -> Iterator[tuple[slice, slice, int]]:
    """Yield which texts are read together, the places in them, and how many tokens of each."""
    count = len(tokens)
    needed = torch.zeros(count, dtype=torch.int64).scatter_reduce(0, rows, positions, "amax")
    ends = torch.searchsorted(rows, torch.arange(1, count + 1)).tolist()
    start = longest = 0
    for text, length in enumerate(needed.tolist()):
        if start < text and (text + 1 - start) * max(longest, length) > MOST_TOKENS:
            yield slice(start, text), slice(_first(ends, start), ends[text - 1]), longest
            start, longest = text, 0
        longest = max(longest, length)
    yield slice(start, count), slice(_first(ends, start), len(rows)), longest


def _first(ends: list[int], text: int) -> int:
    return ends[text - 1] if text else 0
