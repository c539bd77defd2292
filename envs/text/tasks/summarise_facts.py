"""Posts to be summarised: the important facts, none made up, in few words.

A small stand-in for the summaries of Stiennon et al. 2020. A post holds facts about people among
sentences that say nothing; some facts matter more than others, and not all fit.
"""

import re
from collections.abc import Sequence

import numpy as np

from .documents import Document, generate_prompts, pick

NAMES = (
    *("anna", "ben", "carl", "dora", "emil", "fred", "gina", "hans", "ida", "john", "kate", "leo"),
    *("mary", "nora", "otto", "paul", "rosa", "sam", "tina", "vera"),
)
WEIGHTS = {
    **dict.fromkeys(("missing", "hurt", "ill", "trapped"), 3),
    **dict.fromkeys(("late", "away", "broke", "lost"), 2),
    **dict.fromkeys(("tall", "quiet", "tidy", "young"), 1),
}
"""How much it matters what somebody is."""

FILLERS = (
    *("the sun was out .", "we had soup for lunch .", "the bus was full .", "nobody sang ."),
    *("the shop opens at nine .", "it rained a little .", "the garden is green ."),
)
FACTS = 6
"""Facts of a post."""

FITTING = 3
"""How many facts fit into a summary, of four words each, the full stop included."""

WORDS = 12
"""Most words of a summary without a penalty, full stops included."""

HALLUCINATION = 0.5
"""What a fact that the post has not costs."""

OVERFLOW = 0.1
"""What a word too many costs."""

LOWEST = -1.0
"""The score of summaries as bad as this, and worse."""

Fact = tuple[str, str]
STATEMENT = re.compile(rf"\b({'|'.join(NAMES)}) is ({'|'.join(WEIGHTS)})\b")


def write(generator: np.random.Generator) -> Document:
    """Write a post of six facts and two or three fillers, and a reference summary of it."""
    names = generator.permutation(np.array(NAMES))[:FACTS].tolist()
    facts = [(name, pick(generator, tuple(WEIGHTS))) for name in names]
    fillers = [pick(generator, FILLERS) for _ in range(int(generator.integers(2, 4)))]
    sentences = [*map(_sentence, facts), *fillers]
    post = [sentences[place] for place in generator.permutation(len(sentences))]
    prompt = f"post : {' '.join(post)} summary :"
    return Document(prompt, f" {_reference(facts, generator)}")


def prompts(seed: int) -> list[str]:
    """Return posts."""
    return generate_prompts(write, seed)


def score(prompt: str, continuation: str) -> float:
    """Return how good a summary is.

    The weights of the post's facts that it states, as a part of the most that three facts can have,
    less 0.5 for every fact that the post has not, less 0.1 for every word above 12. Saying
    something twice changes only the number of words.

    Returns:
        Between −1 and 1.
    """
    true, stated = _facts(prompt), _facts(continuation)
    weights = sorted((WEIGHTS[state] for _, state in true), reverse=True)
    attainable = sum(weights[:FITTING])
    covered = sum(WEIGHTS[state] for _, state in true & stated)
    coverage = min(1.0, covered / attainable) if attainable else 0.0
    too_many = max(0, len(continuation.split()) - WORDS)
    return max(LOWEST, coverage - HALLUCINATION * len(stated - true) - OVERFLOW * too_many)


def _facts(text: str) -> set[Fact]:
    return set(STATEMENT.findall(text))


def _sentence(fact: Fact) -> str:
    return f"{fact[0]} is {fact[1]} ."


def _reference(facts: Sequence[Fact], generator: np.random.Generator) -> str:
    """State three facts as a hurried person would: not always the best ones, not always right."""
    noise = generator.random(len(facts)) * 4
    order = np.argsort([noise[place] - WEIGHTS[facts[place][1]] for place in range(len(facts))])
    chosen = [facts[place] for place in order[:FITTING]]
    if generator.random() < 0.1:
        chosen[-1] = (chosen[-1][0], pick(generator, tuple(WEIGHTS)))
    return " ".join(map(_sentence, chosen))
