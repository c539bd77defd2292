"""Reads the ends of texts that grow, and only what is new of them."""

from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from .key_value_slots import KeyValueSlots
from .sequence_states import MOST_TOKENS, states_before

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Fingerprint: TypeAlias = tuple[tuple[int, int], ...]


class CachedReader:
    """Gives a language model's last hidden state of each of N texts.

    Keys and values are kept per row. What of a row is still valid is found out at every call, by
    comparing its tokens with those read before: a text that grew costs its new tokens, one whose
    tokens were changed what is behind the change, and a new one all. After any change of the
    model's parameters nothing is valid.

    Changes of parameters are seen where torch counts them, which assignments through `.data` and
    the steps of fused optimizers evade; call `forget` after those, after putting parameters or
    modules in the place of others, and after switching adapters.
    """

    def __init__(self) -> None:
        """Start with nothing read."""
        self.forget()

    def forget(self) -> None:
        """Take nothing read so far for valid."""
        self._model: PreTrainedModel | None = None
        self._parameters: list[Tensor] = []
        self._fingerprint: Fingerprint = ()
        self._tokens = torch.zeros(0, 0, dtype=torch.int64)
        self._lengths = torch.zeros(0, dtype=torch.int64)

    @torch.no_grad()
    def last_states(self, model: "PreTrainedModel", tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return hidden states, `[N, d]`, without gradients.

        Args:
            model: A causal language model.
            tokens: `[N, L]`, padded on the right.
            lengths: Of the texts, `[N]`, at least 1.
        """
        if not has_plain_attention(model):
            return states_before(model, tokens, torch.arange(len(lengths)), lengths)
        self._start_over_if_needed(model, tokens)
        valid = self._valid_lengths(tokens, lengths)
        self._lengths = torch.minimum(valid, self._lengths)  # should reading be interrupted
        behind = torch.nonzero(valid < lengths - 1).flatten()
        for rows in _similar(behind, lengths - valid):
            self._read(model, tokens, rows, valid[rows], lengths[rows] - 1)
        states = self._read(model, tokens, None, lengths - 1, lengths)
        self._tokens, self._lengths = tokens.clone(), lengths.clone()
        return states[:, 0]

    def _start_over_if_needed(self, model: "PreTrainedModel", tokens: Tensor) -> None:
        if model is not self._model:  # finding its parameters takes longer than looking at them
            self._model, self._parameters = model, list(model.parameters())
        fingerprint = tuple((part.data_ptr(), part._version) for part in self._parameters)
        if fingerprint != self._fingerprint or self._tokens.shape != tokens.shape:
            self._slots = KeyValueSlots(*tokens.shape)
            self._tokens = torch.zeros_like(tokens)
            self._lengths = tokens.new_zeros(len(tokens))
            self._fingerprint = fingerprint

    def _valid_lengths(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return how many of each text's tokens need not be read again; the last one always is."""
        places = torch.arange(tokens.shape[1])
        same = (self._tokens == tokens) & (places < self._lengths[:, None])
        return torch.minimum(same.long().cumprod(1).sum(1), lengths - 1)

    def _read(
        self,
        model: "PreTrainedModel",
        tokens: Tensor,
        rows: Tensor | None,
        starts: Tensor,
        ends: Tensor,
    ) -> Tensor:
        """Read tokens from starts to ends; a row that has fewer to read than others reads on."""
        most = int((ends - starts).max())
        positions = (starts[:, None] + torch.arange(most)).clamp_(max=tokens.shape[1] - 1)
        read = (tokens if rows is None else tokens[rows]).gather(1, positions)
        self._slots.write_at(rows, positions)
        states: Tensor = model.base_model(
            read,
            position_ids=positions,
            attention_mask=self._slots.mask,
            past_key_values=self._slots,
            use_cache=True,
        ).last_hidden_state
        return states


def has_plain_attention(model: "PreTrainedModel") -> bool:
    """Return whether all layers attend to all tokens before, so that keys and values suffice.

    Only torch's own attention takes masks that say which tokens they are.
    """
    config = model.config
    if config._attn_implementation != "sdpa":
        return False
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "use_sliding_window", True) and getattr(
        config, "sliding_window", None
    )
    return kinds == {"full_attention"} and not windowed


def _similar(rows: Tensor, counts: Tensor) -> list[Tensor]:
    """Return rows in groups of about the same counts and not too many tokens."""
    if not len(rows):
        return []
    rows = rows[torch.argsort(counts[rows], descending=True)]
    groups = []
    while len(rows):
        size = max(1, MOST_TOKENS // int(counts[rows[0]]))
        groups.append(rows[:size])
        rows = rows[size:]
    return groups
