"""Tests of envs/text/tokenizer.py and of the file that it reads by default."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrl.envs.text.corpora import WRITERS, corpus
from prefrl.envs.text.errors import TextError
from prefrl.envs.text.tokenizer import BUNDLED, TextTokenizer
from prefrl.envs.text.train_tokenizer import SPECIAL, train

TOKENIZER = TextTokenizer()


def renamed_end(folder: Path, name: str, config: Any = None) -> Path:
    """Write a copy of the bundled tokenizer with another end token."""
    (folder / "tokenizer.json").write_text(BUNDLED.read_text().replace("<end>", name))
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@given(st.text().filter(lambda text: not any(name in text for name in SPECIAL)))
def test_any_text_comes_back(text: str) -> None:
    tokens = TOKENIZER.encode(text)
    assert TOKENIZER.decode(tokens) == text
    assert all(0 <= token < TOKENIZER.size for token in tokens)


def test_padding_is_token_0_and_end_is_token_1_and_neither_is_text() -> None:
    assert TOKENIZER.encode("<pad>") == [0]
    assert TOKENIZER.encode("<end>") == [TOKENIZER.end] == [1]
    assert TOKENIZER.decode([0, 1]) == ""


def test_prompt_and_continuation_have_the_tokens_of_the_whole() -> None:
    for env_id in WRITERS:
        for prompt, continuation in corpus(env_id, 200, 3):
            parts = TOKENIZER.encode(prompt) + TOKENIZER.encode(continuation)
            assert parts == TOKENIZER.encode(prompt + continuation)


def test_the_bundled_file_is_what_its_command_makes() -> None:
    assert train().to_str(pretty=True) == BUNDLED.read_text()


def test_a_folder_stands_for_its_file() -> None:
    assert TextTokenizer(BUNDLED.parent).encode("the film") == TOKENIZER.encode("the film")


@pytest.mark.parametrize("end", ["</s>", {"content": "</s>", "lstrip": False}])
def test_the_end_token_is_read_from_the_configuration(end: Any, tmp_path: Path) -> None:
    assert TextTokenizer(renamed_end(tmp_path, "</s>", {"eos_token": end})).end == 1
    with pytest.raises(TextError, match="has no token '<stop>'"):
        TextTokenizer(renamed_end(tmp_path, "</s>", {"eos_token": "<stop>"}))


@pytest.mark.parametrize("config", [None, {}, {"eos_token": None}, []])
def test_a_usual_end_token_is_found(config: Any, tmp_path: Path) -> None:
    assert TextTokenizer(renamed_end(tmp_path, "<|endoftext|>", config)).end == 1


def test_an_unusual_end_token_must_be_given(tmp_path: Path) -> None:
    folder = renamed_end(tmp_path, "<stop>")
    with pytest.raises(TextError, match="has none of the usual names, so its end token is unclear"):
        TextTokenizer(folder)
    assert TextTokenizer(folder, "<stop>").end == 1


def test_of_two_usual_end_tokens_one_must_be_given(tmp_path: Path) -> None:
    text = BUNDLED.read_text().replace("<end>", "<eos>").replace("<pad>", "</s>")
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(TextError, match="has </s> and <eos>, so its end token is unclear"):
        TextTokenizer(tmp_path)
    assert TextTokenizer(tmp_path, "<eos>").end == 1
