"""Modules and optimisers as safetensors files, without pickles."""

from pathlib import Path

import torch
from safetensors.torch import load_file, load_model, save_file, save_model
from torch import Tensor, nn

from prefrl.errors import UserError


def save_module(path: Path, module: nn.Module) -> None:
    """Write a module's parameters and buffers, those that share memory once."""
    save_model(module, str(path))


def load_module(path: Path, module: nn.Module) -> None:
    """Read what `save_module` wrote into a module of the same shape.

    Raises:
        UserError: If the module is of another shape, as where an environment has changed.
    """
    try:
        load_model(module, path)
    except RuntimeError as error:
        raise UserError(
            f"{path} was made for other observation or action spaces than there are now; "
            "use the environment and the package versions that the run was made with"
        ) from error


def save_optimizer(path: Path, optimizer: torch.optim.Optimizer) -> None:
    """Write what an optimiser remembers of each parameter; its settings are not part of it."""
    state = optimizer.state_dict()["state"]
    tensors: dict[str, Tensor] = {
        f"{index}.{name}": value.contiguous()
        for index, entries in state.items()
        for name, value in entries.items()
    }
    save_file(tensors, path)


def load_optimizer(path: Path, optimizer: torch.optim.Optimizer) -> None:
    """Read what `save_optimizer` wrote into an optimiser of the same parameters.

    What is remembered of a parameter lies in memory as the parameter does, as in an optimiser that
    was never saved, so that both go on alike to the last bit.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in load_file(path).items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    for parameter, entries in optimizer.state.items():
        for name, value in entries.items():
            if value.shape == parameter.shape:
                entries[name] = torch.empty_like(parameter).copy_(value)
