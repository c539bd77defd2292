"""The distribution over the next token: drawing from it, log-probabilities and entropies."""

from typing import Any

import torch
from torch import Tensor

ILLEGAL = -1e8
"""The logit of tokens outside a mask, which gives them probability 0 and finite gradients."""


def draw_tokens(logits: Tensor, uniforms: Tensor | None) -> tuple[Tensor, Tensor]:
    """Draw one token per row by inverting its cumulative distribution.

    One number per row decides, so that a row's tokens do not depend on the rows beside it.

    Args:
        logits: `[B, V]`.
        uniforms: In [0, 1), `[B]` float64; None takes the likeliest tokens.

    Returns:
        Tokens `[B]` and their log-probabilities `[B]`.
    """
    normaliser = logits.logsumexp(-1, keepdim=True)
    if uniforms is None:
        tokens = logits.argmax(-1, keepdim=True)
    else:
        cumulative = (logits - normaliser).exp().cumsum(-1, dtype=torch.float64)
        # In float64 the product stays below the last sum, so no token of probability 0 is drawn.
        targets = uniforms[:, None] * cumulative[:, -1:]
        tokens = torch.searchsorted(cumulative, targets, right=True)
    return tokens.squeeze(-1), (logits.gather(-1, tokens) - normaliser).squeeze(-1)


def log_probabilities_of(logits: Tensor, tokens: Tensor) -> Tensor:
    """Return the log-probabilities of tokens `[M]`, for logits `[M, V]`, without more."""
    return logits.gather(-1, tokens[:, None]).squeeze(-1) - logits.logsumexp(-1)


def judge_tokens(logits: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities of tokens and the entropies of their distributions.

    Gradients take one array of the logits' size, and those of the entropies none if nobody uses
    them, as where PPO's entropy coefficient is 0.

    Args:
        logits: `[M, V]`.
        tokens: `[M]` int64.

    Returns:
        Both `[M]`.
    """
    judged: tuple[Tensor, Tensor] = _JudgeTokens.apply(logits, tokens)  # type: ignore[no-untyped-call]
    return judged


class _JudgeTokens(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        normaliser = logits.logsumexp(-1)
        probabilities = (logits - normaliser[:, None]).exp_()
        chosen = logits.gather(-1, tokens[:, None]).squeeze(-1)
        entropies = normaliser - torch.linalg.vecdot(probabilities, logits)
        ctx.save_for_backward(probabilities, tokens, entropies)
        return chosen - normaliser, entropies

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        for_chosen, for_entropies = gradients
        probabilities, tokens, entropies = ctx.saved_tensors
        gradient = probabilities * -for_chosen[:, None]
        gradient.scatter_add_(-1, tokens[:, None], for_chosen[:, None])
        if for_entropies.any():
            surprise = probabilities.log().nan_to_num(neginf=0.0) + entropies[:, None]
            gradient -= for_entropies[:, None] * probabilities * surprise
        return gradient, None
