"""Generated texts: a prompt and how it goes on."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

PROMPTS = 1000
"""How many texts are generated to take prompts from; some are equal."""

Item = TypeVar("Item")


class Document(NamedTuple):
    """A text of a corpus.

    Attributes:
        prompt: How it begins, without a space at its end.
        continuation: How it goes on, with a space at its start.
    """

    prompt: str
    continuation: str


Writer = Callable[[np.random.Generator], Document]
"""Generates one text."""


def generate(write: Writer, count: int, seed: int) -> list[Document]:
    """Return texts of a grammar; those of one seed begin alike, however many."""
    generator = np.random.default_rng(seed)
    return [write(generator) for _ in range(count)]


def generate_prompts(write: Writer, seed: int) -> list[str]:
    """Return the prompts of generated texts."""
    return [document.prompt for document in generate(write, PROMPTS, seed)]


def pick(generator: np.random.Generator, items: Sequence[Item]) -> Item:
    """Return one of some items, all equally likely."""
    return items[int(generator.integers(len(items)))]
