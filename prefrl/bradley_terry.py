"""The Bradley–Terry model of comparisons, for two segments or more."""

from collections.abc import Sequence

import torch
from torch import Tensor

from prefrl.queries import Verdict


def preference_probabilities(returns: Tensor, noise: float = 0.0) -> Tensor:
    """Return the probability that each segment is named the best.

    P(i) = (1 − ε) · exp(R_i) / Σ_j exp(R_j) + ε / k. Christiano et al. 2017, section 2.2.3: the
    teacher answers at random in a share ε of cases; R is the undiscounted sum of rewards.

    Args:
        returns: Summed rewards, `[..., k]`; −inf where a query has fewer segments than k.
        noise: The share of random answers ε, in [0, 1].

    Returns:
        Probabilities of the same shape, each row summing to 1.
    """
    present = torch.isfinite(returns)
    uniform = present / present.sum(-1, keepdim=True)
    return (1 - noise) * torch.softmax(returns, -1) + noise * uniform


def negative_log_likelihood(returns: Tensor, targets: Tensor, noise: float = 0.0) -> Tensor:
    """Return the cross-entropy between verdicts and predicted preferences.

    Args:
        returns: Summed rewards, `[..., k]`; −inf where a query has fewer segments than k.
        targets: The verdict as a distribution over segments, `[..., k]` (see `verdict_targets`).
        noise: The share of random answers ε, in [0, 1].

    Returns:
        One value per comparison, `[...]`, in nats.
    """
    if noise == 0:
        log_probabilities = torch.log_softmax(returns, -1)
    else:
        # An absent segment has probability 0, whose logarithm has no finite gradient.
        log_probabilities = preference_probabilities(returns, noise).clamp_min(1e-30).log()
    weighted = torch.where(targets > 0, targets * log_probabilities, 0.0)
    return -weighted.sum(-1)


def verdict_targets(verdicts: Sequence[Verdict], sizes: Sequence[int]) -> Tensor:
    """Return verdicts as distributions over segments: one-hot, or uniform for a tie.

    Args:
        verdicts: Indices or "tie"; a "skip" says nothing and must be left out before.
        sizes: The number of segments of each query.

    Returns:
        `[len(verdicts), max(sizes)]`; zeros where a query has fewer segments.

    Raises:
        ValueError: If a verdict is no index of its query, nor "tie".
    """
    targets = torch.zeros(len(verdicts), max(sizes))
    for row, verdict, size in zip(targets, verdicts, sizes, strict=True):
        if verdict == "tie":
            row[:size] = 1 / size
        elif isinstance(verdict, int) and 0 <= verdict < size:
            row[verdict] = 1
        else:
            raise ValueError(f"a verdict among {size} segments cannot be {verdict!r}")
    return targets
