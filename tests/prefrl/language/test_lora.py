from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from tiny_llama import make_tiny_llama

from prefrl.errors import UserError
from prefrl.language.causal_models import load_causal_model
from prefrl.language.lora import add_lora, has_lora, load_lora, lora_off, save_lora
from prefrl.language.supervised import fit_language_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TOKENS = torch.arange(8)[None]


@pytest.fixture
def model(tmp_path: Path) -> "PreTrainedModel":
    return make_tiny_llama(tmp_path / "base")


@torch.no_grad()
def test_new_adapters_change_nothing_and_off_equals_base(model: "PreTrainedModel") -> None:
    base = model(TOKENS).logits
    add_lora(model, rank=2)
    assert torch.equal(model(TOKENS).logits, base)
    with torch.enable_grad():
        fit_language_model(model, [[5, 6, 7]] * 8, epochs=4, batch_size=4)
    assert not torch.allclose(model(TOKENS).logits, base)
    with lora_off(model):
        assert torch.equal(model(TOKENS).logits, base)
    assert not torch.allclose(model(TOKENS).logits, base)


def test_only_adapters_are_fitted(model: "PreTrainedModel") -> None:
    assert not has_lora(model)
    add_lora(model, rank=2)
    assert has_lora(model)
    with lora_off(model):
        pass
    fitted = {name for name, value in model.named_parameters() if value.requires_grad}
    assert fitted == {name for name, _ in model.named_parameters() if "lora_" in name}
    assert len(fitted) == 2 * 2 * 7  # two factors, two layers, seven linear ones in each


def test_a_seed_fixes_the_adapters_and_leaves_the_random_state(tmp_path: Path) -> None:
    def factor(seed: int) -> torch.Tensor:
        model = make_tiny_llama(tmp_path)
        add_lora(model, seed=seed)
        parameter: torch.Tensor = dict(model.named_parameters())[
            "model.layers.0.self_attn.q_proj.lora_A.default.weight"
        ]
        return parameter

    state = torch.get_rng_state()
    assert torch.equal(factor(0), factor(0))
    assert not torch.equal(factor(0), factor(1))
    assert torch.equal(torch.get_rng_state(), state)


@torch.no_grad()
def test_saved_adapters_are_loaded(model: "PreTrainedModel", tmp_path: Path) -> None:
    add_lora(model, rank=2)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    save_lora(model, tmp_path / "adapters")
    assert {path.name for path in (tmp_path / "adapters").glob("*.safetensors")} == {
        "adapter_model.safetensors"
    }
    other = load_causal_model(tmp_path / "base")
    load_lora(other, tmp_path / "adapters")
    assert torch.equal(other(TOKENS).logits, model(TOKENS).logits)
    assert any(parameter.requires_grad for parameter in other.parameters())


def test_folders_that_hold_no_adapters_for_the_model(
    model: "PreTrainedModel", tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="holds no adapters"):
        load_lora(model, tmp_path)
    add_lora(model, rank=2)
    save_lora(model, tmp_path / "adapters")
    wider = make_tiny_llama(tmp_path / "wider", hidden=32)
    with pytest.raises(UserError, match="are not for this model"):
        load_lora(wider, tmp_path / "adapters")
