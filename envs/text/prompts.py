"""Prompts: from files, lists or functions, as text and as tokens."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import TextError
from .functions import find_function, is_function_name, one_line
from .tokenizer import TextTokenizer

PromptSource = str | Path | Sequence[str] | Callable[[int], Sequence[str]]
"""A file, texts, or a function of a seed that returns texts (itself, or as `module:function`)."""


@dataclass(frozen=True)
class Prompt:
    """What a text begins with.

    Attributes:
        text: As it was given.
        tokens: At least one.
        key: The same wherever the text is the same, and nowhere else.
    """

    text: str
    tokens: tuple[int, ...]
    key: str


def load_prompts(source: PromptSource, tokenizer: TextTokenizer, seed: int = 0) -> list[Prompt]:
    """Return the distinct prompts of a source, in its order.

    Args:
        source: A file holds one prompt per line; in a `.jsonl` file, a line is a JSON string or an
            object with a string "prompt". Blank lines are left out.
        tokenizer: Makes the tokens.
        seed: What a function gets.

    Raises:
        TextError: If a file cannot be read, or there are no prompts.
    """
    texts = dict.fromkeys(_texts(source, seed))
    prompts = [Prompt(text, tuple(tokenizer.encode(text)), _key(text)) for text in texts]
    if not prompts:
        raise TextError(f"there is no prompt in {_describe(source)}; give at least one")
    for prompt in prompts:
        if not prompt.tokens:
            raise TextError(f"the prompt {prompt.text!r} has no tokens; leave it out")
    return prompts


def _texts(source: PromptSource, seed: int) -> list[str]:
    if isinstance(source, Path) or (isinstance(source, str) and not is_function_name(source)):
        return _read(Path(source))
    if not isinstance(source, str) and isinstance(source, Sequence):
        return list(source)
    function = find_function(source, "prompts")
    try:
        return list(function(seed))
    except Exception as error:  # whatever somebody's function does
        raise TextError(
            f"the function of the prompts, {_describe(source)}, raised {one_line(error)}"
        ) from error


def _read(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TextError(f"the prompts cannot be read from {file}: {one_line(error)}") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if file.suffix == ".jsonl":
        return [_from_json(line, f"line {number} of {file}") for number, line in numbered]
    return [line for _, line in numbered]


def _from_json(line: str, place: str) -> str:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise TextError(f"{place} is no JSON; write a string or an object with a prompt") from error
    text = value.get("prompt") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise TextError(f'{place} holds no prompt; write a string or {{"prompt": "..."}}')
    return text


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _describe(source: PromptSource) -> str:
    return str(source) if isinstance(source, str | Path) else "what was given as prompts"
