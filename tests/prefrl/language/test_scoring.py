from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from tiny_llama import make_tiny_llama
from torch import Tensor

from prefrl.language.scoring import (
    hidden_states,
    micro_batches,
    model_inputs,
    token_log_probabilities,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LENGTHS = torch.tensor([7, 1, 12, 3, 12])


@pytest.fixture
def model(tmp_path: Path) -> "PreTrainedModel":
    return make_tiny_llama(tmp_path)


@pytest.fixture
def tokens() -> Tensor:
    return torch.randint(32, (5, 12), generator=torch.Generator().manual_seed(0))


def _by_hand(model: "PreTrainedModel", tokens: Tensor, temperature: float) -> Tensor:
    expected = torch.zeros(tokens.shape)
    for row, length in enumerate(LENGTHS.tolist()):
        for place in range(1, length):
            logits = model(tokens[row : row + 1, :place]).logits[0, -1] / temperature
            expected[row, place] = logits.log_softmax(-1)[tokens[row, place]]
    return expected


@torch.no_grad()
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_are_those_of_a_loop(
    model: "PreTrainedModel", tokens: Tensor, temperature: float
) -> None:
    found = token_log_probabilities(model, tokens, LENGTHS, temperature=temperature)
    torch.testing.assert_close(found, _by_hand(model, tokens, temperature), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_only_wanted_ones_are_returned(model: "PreTrainedModel", tokens: Tensor) -> None:
    wanted = torch.rand(tokens.shape) < 0.3
    found = token_log_probabilities(model, tokens, LENGTHS, wanted=wanted)
    torch.testing.assert_close(found, _by_hand(model, tokens, 1.0) * wanted, atol=1e-5, rtol=1e-5)
    none = token_log_probabilities(model, tokens, LENGTHS, wanted=torch.zeros_like(wanted))
    assert not none.any()


@torch.no_grad()
def test_padding_never_matters(model: "PreTrainedModel", tokens: Tensor) -> None:
    other = tokens.clone()
    other[torch.arange(12) >= LENGTHS[:, None]] = -100
    wider = torch.cat([other, torch.full((5, 4), 31)], 1)
    first = token_log_probabilities(model, tokens, LENGTHS)
    second = token_log_probabilities(model, wider, LENGTHS)
    assert torch.equal(first, second[:, :12])
    alone = hidden_states(model, tokens[:1], LENGTHS[:1])
    together = hidden_states(model, wider, LENGTHS)
    torch.testing.assert_close(alone[0, :7], together[0, :7], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_hidden_states_lead_to_the_logits(model: "PreTrainedModel", tokens: Tensor) -> None:
    states = hidden_states(model, tokens, LENGTHS)
    logits = model(model_inputs(tokens, LENGTHS)).logits
    torch.testing.assert_close(model.get_output_embeddings()(states), logits)


def test_gradients_are_those_of_one_batch(model: "PreTrainedModel", tokens: Tensor) -> None:
    token_log_probabilities(model, tokens, LENGTHS).sum().backward()
    split = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    logits = model(tokens).logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])
    known = torch.arange(1, 12) < LENGTHS[:, None]
    (logits[..., 0] * known).sum().backward()
    for gradient, parameter in zip(split, model.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad, atol=1e-4, rtol=1e-4)


def test_micro_batches_hold_every_text_once_within_the_limit() -> None:
    lengths = torch.randint(1, 40, (100,), generator=torch.Generator().manual_seed(0))
    batches = list(micro_batches(lengths, 200))
    assert sorted(torch.cat(batches).tolist()) == list(range(100))
    assert all(len(batch) * lengths[batch].max() <= 200 for batch in batches)
    # Full: the shortest text of the next would have been too much.
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * lengths[following].min() > 200


def test_a_text_beyond_the_limit_has_a_micro_batch_of_its_own() -> None:
    assert [batch.tolist() for batch in micro_batches(torch.tensor([9, 2, 8]), 7)] == [
        [1],
        [2],
        [0],
    ]
