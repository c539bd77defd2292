"""Causal language models in local Hugging Face folders."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from prefrl.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TINY = Path(__file__).parent / "tiny"
"""A Llama of about a million parameters that writes the generated corpora, made by
`python -m prefrl.agents.text.pretrain_tiny`."""

COPYIST = Path(__file__).parent / "copyist"
"""One of the same size that recites facts of posts, made by
`python -m prefrl.agents.text.pretrain_copyist`."""


def import_transformers() -> Any:
    """Return the package `transformers`, silenced and kept from the network.

    It takes seconds to import, so this is only done where a language model is asked for.

    Raises:
        UserError: If it is not installed.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import transformers
    except ImportError as error:
        raise UserError(
            "language models need the package transformers; pip install 'prefrl[text]'"
        ) from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def load_causal_model(
    folder: str | Path = TINY, *, vocabulary_size: int | None = None
) -> "PreTrainedModel":
    """Return the causal language model of a folder, in float32, without dropout.

    Nothing is fetched: the folder holds `config.json` and safetensors. Code in it is not run.

    Args:
        folder: A local Hugging Face folder.
        vocabulary_size: The tokenizer's number of tokens; what the model has more, which is padding
            that no text contains, is cut off. By default nothing is.

    Raises:
        UserError: If the folder holds no such model, or has fewer tokens.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise UserError(
            f"{folder} is no folder of a language model; give one with a config.json and "
            "safetensors, as save_pretrained writes"
        )
    transformers = import_transformers()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        _switch_dropout_off(config)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
        )
    except Exception as error:  # the library raises whatever its readers do
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(
            f"{folder} holds no readable causal language model ({told}); give a folder that "
            "save_pretrained wrote"
        ) from error
    model.eval()
    if vocabulary_size is not None:
        _fit_vocabulary(model, vocabulary_size)
    return model


def save_causal_model(
    model: "PreTrainedModel", folder: str | Path, dtype: torch.dtype = torch.float32
) -> None:
    """Write a model to a folder that `load_causal_model` reads, which is made where it is missing.

    Args:
        model: The model; it is left as it is.
        folder: Gets `config.json`, `generation_config.json` and `model.safetensors`.
        dtype: Of the weights on disk; bfloat16 halves them.
    """
    converted: dict[int, Tensor] = {}  # tied weights stay tied, and so are written once
    weights = {
        name: converted.setdefault(value.data_ptr(), value.to(dtype))
        for name, value in model.state_dict().items()
    }
    model.save_pretrained(folder, state_dict=weights)


def check_fits(
    model: "PreTrainedModel",
    vocabulary_size: int,
    context: int,
    end_token: int,
    tokenizer_json: str | Path | None = None,
) -> None:
    """Raise a UserError unless a model can write a task's texts.

    Args:
        model: As it was loaded; its folder is looked at for a tokenizer.
        vocabulary_size: Tokens of the task's tokenizer.
        context: Most tokens of a text.
        end_token: The task's end token.
        tokenizer_json: The task's tokenizer, to be compared with the model's own where its folder
            has one. Without one, size and end token have to agree.
    """
    name = model.name_or_path or type(model).__name__
    _check_size(model, name, vocabulary_size)
    _check_head(model, name)
    limit = getattr(model.config, "max_position_embeddings", None)
    if limit is not None and context > limit:
        raise UserError(
            f"texts of this task have up to {context} tokens, and the language model {name} reads "
            f"at most {limit}; shorten the prompts or the horizon, or give another model"
        )
    own = Path(name) / "tokenizer.json"
    if tokenizer_json is not None and own.is_file():
        _check_same_words(Path(tokenizer_json), own, name)
        return
    ends = model.config.eos_token_id
    if ends is not None and end_token not in (ends if isinstance(ends, list) else [ends]):
        raise UserError(
            f"the tokenizer ends texts with token {end_token} and the language model {name} with "
            f"{ends}, so they do not match; give the tokenizer that the model was made with"
        )


def _switch_dropout_off(config: Any) -> None:
    # Not only by eval(): agents switch modules to training mode while they learn.
    for key, value in config.to_dict().items():
        if isinstance(value, float) and ("dropout" in key or key.endswith("pdrop")):
            setattr(config, key, 0.0)


def _fit_vocabulary(model: "PreTrainedModel", size: int) -> None:
    _check_size(model, model.name_or_path, size)
    if model.get_input_embeddings().weight.shape[0] > size:
        model.resize_token_embeddings(size)


def _check_size(model: "PreTrainedModel", name: str, size: int) -> None:
    tokens = model.get_input_embeddings().weight.shape[0]
    if tokens < size:
        raise UserError(
            f"the tokenizer has {size} tokens and the language model {name} only {tokens}, so they "
            "do not match; give the tokenizer that the model was made with"
        )


@torch.no_grad()
def _check_head(model: "PreTrainedModel", name: str) -> None:
    """See that logits are what the output layer says, neither scaled nor capped after it."""
    tokens = torch.arange(2)[None]
    read = model.base_model(tokens, use_cache=False).last_hidden_state
    if not torch.allclose(
        model.get_output_embeddings()(read), model(tokens, use_cache=False).logits, atol=1e-3
    ):
        raise UserError(
            f"the language model {name} changes its logits behind the output layer "
            f"({model.config.model_type}), which is not supported; give one that does not, such as "
            "a Llama"
        )


def _check_same_words(given: Path, own: Path, name: str) -> None:
    given = given / "tokenizer.json" if given.is_dir() else given
    mine, theirs = _words(given), _words(own)
    different = [token for token in sorted(mine) if theirs.get(token) != mine[token]]
    if different:
        token = different[0]
        raise UserError(
            f"the tokenizer {given} does not match the language model {name}: token {token} is "
            f"{mine[token]!r} in the one and {theirs.get(token)!r} in the other; give {own}"
        )


def _words(file: Path) -> dict[int, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        words = content["model"]["vocab"]
        if isinstance(words, list):  # Unigram models list pairs of word and score
            words = {pair[0]: token for token, pair in enumerate(words)}
        added = {entry["content"]: entry["id"] for entry in content.get("added_tokens") or []}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is no tokenizer; give a tokenizer.json or its folder") from error
    return {token: word for word, token in {**words, **added}.items()}
