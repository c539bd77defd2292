"""Drawing tokens, and judging them."""

import pytest
import torch

from prefrl.agents.policies.token_distribution import (
    ILLEGAL,
    draw_tokens,
    judge_tokens,
    log_probabilities_of,
)

PROBABILITIES = torch.tensor([[0.5, 0.0, 0.3, 0.2], [0.1, 0.2, 0.7, 0.0]])
LOGITS = PROBABILITIES.log().clamp(min=ILLEGAL)


@pytest.mark.parametrize(
    ("uniform", "first", "second"),
    [(0.0, 0, 0), (0.499, 0, 2), (0.501, 2, 2), (0.799, 2, 2), (0.801, 3, 2), (0.0999, 0, 0)],
)
def test_a_token_is_where_the_cumulative_distribution_passes_the_number(
    uniform: float, first: int, second: int
) -> None:
    tokens, log_probabilities = draw_tokens(LOGITS, torch.full((2,), uniform, dtype=torch.float64))
    assert tokens.tolist() == [first, second]
    expected = PROBABILITIES.gather(1, tokens[:, None]).squeeze(1).log()
    torch.testing.assert_close(log_probabilities, expected)


def test_no_token_of_probability_0_is_drawn_at_the_edges() -> None:
    almost_one = torch.full((2,), 1 - 2**-53, dtype=torch.float64)
    assert draw_tokens(LOGITS, almost_one)[0].tolist() == [3, 2]
    assert draw_tokens(LOGITS.flip(1), almost_one * 0)[0].tolist() == [0, 1]


def test_without_numbers_the_likeliest_tokens_are_taken() -> None:
    assert draw_tokens(LOGITS, None)[0].tolist() == [0, 2]


def test_judging_equals_torch_s_distribution() -> None:
    logits = torch.randn(5, 7, requires_grad=True)
    tokens = torch.tensor([0, 3, 6, 2, 2])
    weights = torch.randn(2, 5)
    log_probabilities, entropies = judge_tokens(logits, tokens)
    (ours,) = torch.autograd.grad(
        (weights[0] * log_probabilities + weights[1] * entropies).sum(), logits
    )
    theirs = torch.distributions.Categorical(logits=logits)
    torch.testing.assert_close(log_probabilities, theirs.log_prob(tokens))
    torch.testing.assert_close(entropies, theirs.entropy())
    assert torch.equal(log_probabilities_of(logits, tokens), log_probabilities)
    total = (weights[0] * theirs.log_prob(tokens) + weights[1] * theirs.entropy()).sum()
    torch.testing.assert_close(ours, torch.autograd.grad(total, logits)[0])


def test_judging_takes_tokens_outside_the_mask_for_impossible() -> None:
    logits = LOGITS.clone().requires_grad_()
    log_probabilities, entropies = judge_tokens(logits, torch.tensor([0, 2]))
    (gradient,) = torch.autograd.grad((log_probabilities + entropies).sum(), logits)
    assert gradient.isfinite().all()
    assert gradient[0, 1] == gradient[1, 3] == 0
    expected = -(PROBABILITIES * PROBABILITIES.clamp(min=1e-9).log()).sum(1)
    torch.testing.assert_close(entropies, expected)
