"""Tests of prefrl.tensors."""

from pathlib import Path

import pytest
import torch
from torch import nn

from prefrl.errors import UserError
from prefrl.tensors import load_module, load_optimizer, save_module, save_optimizer


def train(module: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for step in range(steps):
        optimizer.zero_grad()
        inputs = torch.full((1, 2), float(step + 1))
        module(inputs).sum().backward()
        optimizer.step()


def make() -> tuple[nn.Module, torch.optim.Adam]:
    module = nn.Linear(2, 3)
    return module, torch.optim.Adam(module.parameters(), lr=0.1)


def test_training_goes_on_exactly_where_it_was_saved(tmp_path: Path) -> None:
    (module, optimizer), (copy, copied_optimizer) = make(), make()
    train(module, optimizer, 3)
    save_module(tmp_path / "module.safetensors", module)
    save_optimizer(tmp_path / "adam.safetensors", optimizer)
    load_module(tmp_path / "module.safetensors", copy)
    load_optimizer(tmp_path / "adam.safetensors", copied_optimizer)
    train(module, optimizer, 3)
    train(copy, copied_optimizer, 3)
    for parameter, copied in zip(module.parameters(), copy.parameters(), strict=True):
        assert torch.equal(parameter, copied)


def test_the_settings_of_an_optimizer_stay_its_own(tmp_path: Path) -> None:
    module, optimizer = make()
    train(module, optimizer, 1)
    save_optimizer(tmp_path / "adam.safetensors", optimizer)
    other = torch.optim.Adam(module.parameters(), lr=0.7)
    load_optimizer(tmp_path / "adam.safetensors", other)
    assert other.param_groups[0]["lr"] == 0.7
    assert float(other.state[next(module.parameters())]["step"]) == 1


def test_an_optimizer_that_never_stepped_can_be_saved(tmp_path: Path) -> None:
    module, optimizer = make()
    save_optimizer(tmp_path / "adam.safetensors", optimizer)
    load_optimizer(tmp_path / "adam.safetensors", optimizer)
    train(module, optimizer, 1)
    assert len(optimizer.state) == 2


def test_buffers_and_shared_parameters_are_kept(tmp_path: Path) -> None:
    def make_tied(value: float) -> nn.Module:
        first, second = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        second.weight = first.weight
        tied = nn.Sequential(first, second)
        tied.register_buffer("scale", torch.tensor(value))
        return tied

    saved, loaded = make_tied(1.0), make_tied(2.0)
    save_module(tmp_path / "tied.safetensors", saved)
    load_module(tmp_path / "tied.safetensors", loaded)
    assert loaded.get_buffer("scale") == 1.0
    assert torch.equal(loaded.get_parameter("1.weight"), saved.get_parameter("0.weight"))


def test_a_module_of_another_shape_is_refused(tmp_path: Path) -> None:
    save_module(tmp_path / "module.safetensors", nn.Linear(2, 3))
    with pytest.raises(UserError, match=r"module.safetensors was made for other .* spaces"):
        load_module(tmp_path / "module.safetensors", nn.Linear(4, 3))
