"""Numbers that should increase: a toy of RL4LMs (Ramamurthy et al. 2022)."""

import re

import numpy as np

from .documents import Document, generate_prompts

LARGEST = 99
"""The corpus has numbers from 0 to this."""

FULL_MARKS_FROM = 10
"""Words below which a text cannot score 1 (RL4LMs: half of its 20 tokens)."""

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def write(generator: np.random.Generator) -> Document:
    """Write a walk of 9 to 16 numbers, of which most steps go up."""
    number = int(generator.integers(LARGEST + 1))
    walk = [number]
    for _ in range(int(generator.integers(8, 16))):
        number = (number + int(generator.integers(-20, 31))) % (LARGEST + 1)
        walk.append(number)
    first, *rest = map(str, walk)
    return Document(f"numbers : {first}", " " + " ".join(rest))


def prompts(seed: int) -> list[str]:
    """Return first numbers."""
    return generate_prompts(write, seed)


def score(prompt: str, continuation: str) -> float:
    """Return how many numbers increase before the first that does not, as a part of all words.

    RL4LMs' definition: the numbers of the continuation that come before the first one that is not
    greater than the one before, divided by the words of the continuation, or by 10 if it has fewer.

    Returns:
        Between 0 and 1; 0 without a number.
    """
    words = continuation.split()
    numbers = [float(word) for word in words if NUMBER.fullmatch(word)]
    if not numbers:
        return 0.0
    falls = [place for place in range(1, len(numbers)) if numbers[place] <= numbers[place - 1]]
    increasing = falls[0] if falls else len(numbers)
    return increasing / max(len(words), FULL_MARKS_FROM)
