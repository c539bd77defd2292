"""NLPO's mask: what the policy of some updates ago found unlikely is not written."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .cached_reader import CachedReader
from .reference_model import frozen_copy

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class NucleusMask:
    """Settings of the mask (Ramamurthy et al. 2022, section 4.3 and its Algorithm 1).

    Attributes:
        top_p: The allowed tokens are the likeliest ones of the mask policy that together have at
            least this probability, above 0 and at most 1.
        refresh_every: After how many of PPO's updates the mask policy becomes the policy, at least
            1; the paper's μ.
        min_tokens: How many of the likeliest tokens are always allowed, at least 1.
        always: Tokens that are always allowed, such as the end token.
    """

    top_p: float = 0.9
    refresh_every: int = 5
    min_tokens: int = 1
    always: tuple[int, ...] = ()


class MaskPolicy(nn.Module):
    """The mask policy: a copy of the language model, renewed every few updates.

    The paper's mask is that of the mask policy in each state in which a token was drawn. It is kept
    with the rollout, so that training has the very distribution that was drawn from.

    Args:
        model: The language model.
        settings: See `NucleusMask`.
    """

    updates: Tensor
    renewed_at: Tensor

    def __init__(self, model: "PreTrainedModel", settings: NucleusMask) -> None:
        """Start with the model as it is."""
        super().__init__()
        self.settings = settings
        self.model = frozen_copy(model)
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))
        self.register_buffer("renewed_at", torch.zeros((), dtype=torch.int64))
        self._reader = CachedReader()

    def note_update(self) -> None:
        """Count one of PPO's updates."""
        self.updates += 1

    def renew_if_due(self, model: "PreTrainedModel") -> None:
        """Become the model if enough updates have passed."""
        if self.updates - self.renewed_at < self.settings.refresh_every:
            return
        self.renewed_at.copy_(self.updates)
        with torch.no_grad():
            for own, new in zip(self.model.parameters(), model.parameters(), strict=True):
                own.copy_(new)

    def forget(self) -> None:
        """Read all texts anew."""
        self._reader.forget()

    @torch.no_grad()
    def allowed(self, tokens: Tensor, lengths: Tensor, temperature: float) -> Tensor:
        """Return which tokens may come next, `[N, V]` bool.

        Args:
            tokens: Texts, `[N, L]`, padded on the right.
            lengths: Their lengths, `[N]`.
            temperature: The policy's.
        """
        states = self._reader.last_states(self.model, tokens, lengths)
        allowed = nucleus(
            self.model.get_output_embeddings()(states) / temperature,
            self.settings.top_p,
            self.settings.min_tokens,
        )
        allowed[:, list(self.settings.always)] = True
        return allowed


def nucleus(logits: Tensor, top_p: float, min_tokens: int = 1) -> Tensor:
    """Return the smallest sets of likeliest tokens with a probability of at least `top_p`.

    Args:
        logits: `[N, V]`.
        top_p: Above 0 and at most 1.
        min_tokens: Least tokens of a set, at least 1.

    Returns:
        `[N, V]` bool.
    """
    probabilities, order = logits.softmax(-1).sort(-1, descending=True)
    likelier = probabilities.cumsum(-1) - probabilities
    kept = likelier < top_p
    kept[:, :min_tokens] = True
    return torch.zeros_like(kept).scatter_(-1, order, kept)


def pack(mask: Tensor) -> NDArray[np.uint8]:
    """Return a mask with eight tokens in a byte, `[N, V / 8]`."""
    return np.packbits(mask.numpy(force=True), axis=-1)


def unpack(packed: Tensor, size: int) -> Tensor:
    """Return the mask of `size` tokens, `[M, V]` bool, that `pack` has packed."""
    bits = torch.arange(7, -1, -1, dtype=torch.uint8, device=packed.device)
    unpacked = (packed[..., None] >> bits) & 1
    return unpacked.flatten(-2)[..., :size].bool()
