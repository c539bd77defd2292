import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_llama import make_tiny_llama
from tokenizers import Tokenizer
from tokenizers.models import BPE

from prefrl.errors import UserError
from prefrl.language.causal_models import (
    check_fits,
    import_transformers,
    load_causal_model,
    save_causal_model,
)


def _write_tokenizer(path: Path, words: list[str]) -> Path:
    Tokenizer(BPE({word: place for place, word in enumerate(words)}, [])).save(str(path))
    return path


def test_saved_is_loaded_in_float32(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path / "first")
    save_causal_model(model, tmp_path / "half", torch.bfloat16)
    loaded = load_causal_model(tmp_path / "half")
    for name, value in loaded.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, model.state_dict()[name].bfloat16().float())
    assert not loaded.training


def test_dropout_is_off_even_in_training_mode(tmp_path: Path) -> None:
    transformers = import_transformers()
    config = transformers.GPT2Config(vocab_size=8, n_embd=8, n_layer=1, n_head=2, n_positions=16)
    assert config.resid_pdrop > 0
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    model = load_causal_model(tmp_path).train()
    tokens = torch.arange(8)[None]
    assert torch.equal(model(tokens).logits, model(tokens).logits)


def test_padding_of_the_vocabulary_is_cut(tmp_path: Path) -> None:
    whole = make_tiny_llama(tmp_path, vocabulary_size=32)
    cut = load_causal_model(tmp_path, vocabulary_size=30)
    tokens = torch.randint(30, (2, 5))
    torch.testing.assert_close(cut(tokens).logits, whole(tokens).logits[..., :30])


def test_folders_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no folder of a language model"):
        load_causal_model(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="holds no readable causal language model"):
        load_causal_model(tmp_path)


def test_a_model_without_its_weights(tmp_path: Path) -> None:
    make_tiny_llama(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"holds no readable causal language model \(OSError"):
        load_causal_model(tmp_path)


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path / "model", vocabulary_size=3, context=64, end_token=1)
    mine = _write_tokenizer(tmp_path / "mine.json", ["<pad>", "<end>", "a"])
    check_fits(model, 3, 64, 1, mine)
    with pytest.raises(UserError, match=r"has 4 tokens and the language model .* only 3"):
        check_fits(model, 4, 64, 1, mine)
    with pytest.raises(UserError, match=r"up to 65 tokens, and .* reads at most 64"):
        check_fits(model, 3, 65, 1, mine)
    with pytest.raises(UserError, match=r"ends texts with token 2 and .* with 1"):
        check_fits(model, 3, 64, 2, mine)


def test_models_that_scale_their_logits_are_refused() -> None:
    from transformers import GraniteConfig, GraniteForCausalLM

    config = GraniteConfig(
        vocab_size=8,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        eos_token_id=1,
        logits_scaling=8.0,
    )
    with pytest.raises(UserError, match=r"changes its logits behind the output layer \(granite\)"):
        check_fits(GraniteForCausalLM(config).eval(), 8, 64, 1)


def test_vocabularies_are_compared_where_the_model_has_one(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path / "model", vocabulary_size=3)
    own = _write_tokenizer(tmp_path / "model" / "tokenizer.json", ["<pad>", "<end>", "a"])
    check_fits(model, 3, 64, 2, own)
    other = _write_tokenizer(tmp_path / "other.json", ["<pad>", "<end>", "b"])
    with pytest.raises(UserError, match="token 2 is 'b' in the one and 'a' in"):
        check_fits(model, 3, 64, 1, other)
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(UserError, match="is no tokenizer"):
        check_fits(model, 3, 64, 1, tmp_path / "bad.json")


def test_transformers_is_imported_only_when_needed() -> None:
    code = (
        "import sys, prefrl.agents.cli, prefrl.language.causal_models, prefrl.language.scoring;"
        "assert 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
