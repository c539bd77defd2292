"""Weights that lie in another order, and give the same results."""

import torch
from torch import nn

from prefrl.agents.policies.weight_layout import store_by_input


def test_results_stay_and_the_weights_of_an_input_are_neighbours() -> None:
    first, second = nn.Linear(5, 3), nn.Linear(3, 2, bias=False)
    model = nn.Sequential(first, nn.ReLU(), second)
    inputs = torch.randn(7, 5)
    before, weights = model(inputs), [weight.detach().clone() for weight in model.parameters()]
    store_by_input(model)
    torch.testing.assert_close(model(inputs), before)
    for own, was in zip(model.parameters(), weights, strict=True):
        assert torch.equal(own, was)
    assert first.weight.stride() == (1, 3)
    assert second.weight.stride() == (1, 2)


def test_weights_that_are_also_looked_up_stay_as_they_are() -> None:
    embedding, head = nn.Embedding(9, 4), nn.Linear(4, 9, bias=False)
    head.weight = embedding.weight
    store_by_input(nn.ModuleList([embedding, head]))
    assert head.weight is embedding.weight
    assert head.weight.is_contiguous()
