"""Low-rank adapters in language models (Hu et al. 2021), by peft.

They are put inside the model, which stays what it was otherwise: everything that reads a model
reads one with adapters. Switched off, it is the model from before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from prefrl.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def add_lora(model: "PreTrainedModel", rank: int = 8, *, seed: int = 0) -> None:
    """Put adapters into all linear layers but the last, and freeze everything else.

    At first they change nothing, since one of their two factors is zero. Their products are scaled
    by 2, as is usual.

    Args:
        model: The model, changed in place.
        rank: Of the adapters, at least 1.
        seed: Determines the factors that are not zero.

    Raises:
        UserError: If peft is not installed.
    """
    peft = _import_peft()
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model.add_adapter(config)


def has_lora(model: "PreTrainedModel") -> bool:
    """Return whether a model has adapters."""
    return any("lora_" in name for name, _ in model.named_parameters())


@contextmanager
def lora_off(model: "PreTrainedModel") -> Iterator[None]:
    """Let a model be what it was without its adapters, for a while."""
    model.disable_adapters()
    try:
        yield
    finally:
        model.enable_adapters()


def save_lora(model: "PreTrainedModel", folder: str | Path) -> None:
    """Write a model's adapters alone to a folder, as safetensors and JSON in peft's format."""
    model.save_pretrained(folder)


def load_lora(model: "PreTrainedModel", folder: str | Path) -> None:
    """Put the adapters of a folder into a model that has none, to be fitted further.

    Raises:
        UserError: If the folder holds no adapters for this model, or peft is not installed.
    """
    _import_peft()
    if not (Path(folder) / "adapter_config.json").is_file():
        raise UserError(f"{folder} holds no adapters; give a folder with an adapter_config.json")
    try:
        model.load_adapter(str(folder), is_trainable=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"the adapters of {folder} are not for this model ({told})") from error
    model.eval()


def _import_peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise UserError("adapters need the package peft; pip install 'prefrl[text]'") from error
    return peft
