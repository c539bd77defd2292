"""Tokenizers from `tokenizer.json` files; no network and no hub."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium

from .errors import TextError

BUNDLED = Path(__file__).parent / "tokenizer.json"
"""The tokenizer of the generated corpora, made by `python -m prefrl.envs.text.train_tokenizer`."""

END_TOKENS = ("<end>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")
"""Usual names of end tokens."""


class TextTokenizer:
    """Turns text to tokens and back.

    Attributes:
        size: The number of tokens V; tokens are from 0 to V − 1.
        end: The token that ends a text.
        file: The `tokenizer.json`.

    Args:
        path: A `tokenizer.json`, or a folder that holds one.
        end_token: The end token as written in the vocabulary. By default the `eos_token` of the
            `tokenizer_config.json` beside it, or the one usual name that the vocabulary has.

    Raises:
        TextError: If there is no tokenizer, or no end token can be told.
        gymnasium.error.DependencyNotInstalled: Without the package `tokenizers`.
    """

    def __init__(self, path: str | Path = BUNDLED, end_token: str | None = None) -> None:
        """Read the file."""
        file = Path(path) / "tokenizer.json" if Path(path).is_dir() else Path(path)
        self.file = file
        self._tokenizer = _read(file)
        vocabulary: dict[str, int] = self._tokenizer.get_vocab(with_added_tokens=True)
        self.size = max(vocabulary.values()) + 1
        name = end_token or _configured_end(file) or _usual_end(vocabulary, file)
        if name not in vocabulary:
            raise TextError(f"{file} has no token {name!r}; give its end token as end_token")
        self.end = vocabulary[name]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; none is added to mark its start or end.

        Special tokens that are written in the text are taken for themselves.
        """
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens; special ones are left out."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text


def _read(file: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise gymnasium.error.DependencyNotInstalled(
            "tokenizers; try: pip install 'prefrl[text]'"
        ) from error
    if not file.is_file():
        raise TextError(f"there is no tokenizer {file}; give a tokenizer.json or its folder")
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more special
        raise TextError(f"{file} is no tokenizer; give a tokenizer.json or its folder") from error


def _configured_end(file: Path) -> str | None:
    try:
        name = json.loads((file.parent / "tokenizer_config.json").read_text())["eos_token"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # Older files hold the token with its properties.
    name = name.get("content") if isinstance(name, dict) else name
    return name if isinstance(name, str) else None


def _usual_end(vocabulary: dict[str, int], file: Path) -> str:
    known = [name for name in END_TOKENS if name in vocabulary]
    if len(known) != 1:
        found = f"has {' and '.join(known)}" if known else "has none of the usual names"
        raise TextError(f"{file} {found}, so its end token is unclear; give it as end_token")
    return known[0]
