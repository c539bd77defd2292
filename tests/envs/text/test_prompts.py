"""Tests of envs/text/prompts.py."""

from pathlib import Path

import pytest

from prefrl.envs.text.errors import TextError
from prefrl.envs.text.prompts import PromptSource, load_prompts
from prefrl.envs.text.tokenizer import TextTokenizer

TOKENIZER = TextTokenizer()


def texts(source: PromptSource, seed: int = 0) -> list[str]:
    return [prompt.text for prompt in load_prompts(source, TOKENIZER, seed)]


def test_a_file_holds_a_prompt_per_line(tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("the film \n\n  the plot\nthe film \n")
    assert texts(file) == texts(str(file)) == ["the film ", "  the plot"]


def test_lines_of_json_can_hold_line_breaks(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('"a\\nb"\n\n{"prompt": "c", "more": 1}\n')
    assert texts(file) == ["a\nb", "c"]


@pytest.mark.parametrize("line", ["3", "{}", '{"prompt": 3}', "null", "the film"])
def test_other_lines_of_json_are_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text(f'"good"\n{line}\n')
    with pytest.raises(TextError, match=r"line 2 of .*prompts\.jsonl"):
        load_prompts(file, TOKENIZER)


def test_a_function_gets_the_seed() -> None:
    assert texts(lambda seed: [f"the film {seed}"], seed=7) == ["the film 7"]
    by_name = "prefrl.envs.text.tasks.sentiment:prompts"
    assert texts(by_name, seed=0) == texts(by_name, seed=0) != texts(by_name, seed=1)


def test_keys_are_those_of_the_texts() -> None:
    first, second = load_prompts(["the film", "the plot"], TOKENIZER)
    (again,) = load_prompts(["the plot"], TOKENIZER)
    assert again.key == second.key != first.key
    assert list(first.tokens) == TOKENIZER.encode("the film")
