"""What causal language models make of texts: log-probabilities of their tokens, hidden states.

Texts are rows of tokens, padded on the right, with their lengths. A causal model reads from the
left, so what is behind a text changes nothing of it: no mask is needed, padding is only cut off
where all of a batch have it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_TOKENS = 1536
"""Tokens of a micro-batch, padding included, with which small models are fastest on a processor."""

MOST_LOGITS = 2**22
"""Logits of a micro-batch, 16 MiB; large vocabularies are read in smaller ones."""


def model_inputs(tokens: Tensor, lengths: Tensor) -> Tensor:
    """Return what a model reads: the tokens up to the longest text, padding as token 0.

    Args:
        tokens: `[B, L]`, padded on the right by anything.
        lengths: Tokens of each text, `[B]`, at least 1.

    Returns:
        `[B, l]`, l the greatest length.
    """
    longest = int(lengths.max())
    places = torch.arange(longest, device=tokens.device)
    return tokens[:, :longest].masked_fill(places >= lengths[:, None], 0)


def most_tokens(model: "PreTrainedModel") -> int:
    """Return how many tokens a micro-batch of a model should have."""
    vocabulary: int = model.get_output_embeddings().weight.shape[0]
    return max(1, min(MOST_TOKENS, MOST_LOGITS // vocabulary))


def micro_batches(lengths: Tensor, most: int = MOST_TOKENS) -> Iterator[Tensor]:
    """Yield the places of texts of similar length, the shortest first.

    Args:
        lengths: Tokens of each text, `[B]`.
        most: Tokens of a micro-batch, padding included; a longer text has its own.
    """
    order = torch.argsort(lengths, stable=True)
    taken: list[int] = []
    for place, length in zip(order.tolist(), lengths[order].tolist(), strict=True):
        if taken and (len(taken) + 1) * length > most:
            yield torch.tensor(taken)
            taken = []
        taken.append(place)
    if taken:
        yield torch.tensor(taken)


def token_log_probabilities(
    model: "PreTrainedModel",
    tokens: Tensor,
    lengths: Tensor,
    *,
    temperature: float = 1.0,
    wanted: Tensor | None = None,
) -> Tensor:
    """Return the log-probability of each token given those before it.

    Gradients flow where they are switched on.

    Args:
        model: A causal language model.
        tokens: `[B, L]`, padded on the right by anything.
        lengths: Tokens of each text, `[B]`, at least 1.
        temperature: What logits are divided by, above 0.
        wanted: Whose log-probabilities are asked for, `[B, L]` bool; by default everybody's.
            Fewer cost less, since large vocabularies are what takes the time.

    Returns:
        `[B, L]`; 0 for the first token, for padding, and where it is not wanted.
    """
    places = torch.arange(tokens.shape[1], device=tokens.device)
    known = (places > 0) & (places < lengths[:, None])
    known = known if wanted is None else known & wanted.bool()
    rows, pieces = [], []
    for batch in micro_batches(lengths, most_tokens(model)):
        rows.append(batch)
        piece = _log_probabilities(model, tokens[batch], lengths[batch], temperature, known[batch])
        pieces.append(piece)
    result = torch.cat(pieces)
    return result[torch.argsort(torch.cat(rows))]


def hidden_states(model: "PreTrainedModel", tokens: Tensor, lengths: Tensor) -> Tensor:
    """Return the last layer's hidden states, `[B, l, d]` for the greatest length l.

    Those behind a text's end mean nothing.

    Args:
        model: A causal language model.
        tokens: `[B, L]`, padded on the right by anything.
        lengths: Tokens of each text, `[B]`, at least 1.
    """
    states: Tensor = model.base_model(
        model_inputs(tokens, lengths), use_cache=False
    ).last_hidden_state
    return states


def _log_probabilities(
    model: "PreTrainedModel", tokens: Tensor, lengths: Tensor, temperature: float, known: Tensor
) -> Tensor:
    """Return one micro-batch's, with logits only from the first to the last place that is known."""
    result = torch.zeros(tokens.shape, device=tokens.device)
    columns = torch.nonzero(known.any(0)).flatten().tolist()
    if not columns:
        return result
    read, start, stop = model_inputs(tokens, lengths), columns[0], columns[-1] + 1
    predicting = torch.arange(start - 1, stop - 1, device=tokens.device)
    logits = model(read, use_cache=False, logits_to_keep=predicting).logits / temperature
    chosen = logits.gather(-1, read[:, start:stop, None]).squeeze(-1)
    found = (chosen - logits.logsumexp(-1)) * known[:, start:stop]
    return torch.nn.functional.pad(found, (start, tokens.shape[1] - stop))
