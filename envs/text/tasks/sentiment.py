"""Film reviews to be continued; the happier, the better."""

import math

import numpy as np

from .documents import Document, generate_prompts, pick

VALENCES = {
    **dict.fromkeys(("superb", "wonderful", "brilliant", "delightful", "loved"), 3.0),
    **dict.fromkeys(("great", "charming", "clever", "funny", "enjoyed", "moving"), 2.0),
    **dict.fromkeys(("good", "fine", "warm", "neat", "liked", "happy"), 1.0),
    **dict.fromkeys(("slow", "odd", "flat", "loud", "doubted", "tired"), -1.0),
    **dict.fromkeys(("bad", "dull", "clumsy", "boring", "disliked", "sad"), -2.0),
    **dict.fromkeys(("awful", "terrible", "dreadful", "painful", "hated"), -3.0),
}
"""How happy words are, from −3 to 3; others are neutral."""

BOOSTERS = {"very": 1.5, "truly": 1.5, "rather": 0.7}
"""What an adverb multiplies the next word's valence by."""

NEGATIONS = ("not", "never", "hardly")
"""Words that turn the valence of the next two words round."""

NEGATED = -0.74
"""What a negation multiplies a valence by (VADER's constant, Hutto and Gilbert 2014)."""

HALF = 15.0
"""VADER's normalisation: a sum s of valences gives s / √(s² + 15)."""

SUBJECTS = (
    *("the film", "the plot", "the acting", "the ending", "the music", "the script", "the cast"),
    *("the story", "the dialogue", "the camera work", "the humour", "the pace", "the hero"),
    *("the villain", "the first half", "the last scene", "the director", "the sequel"),
)
OPENERS = ("i thought", "to be honest ,", "my friend said", "for once ,", "in my view", "overall ,")
GENRES = ("a western", "a comedy", "a thriller", "a love story", "a war film", "a cartoon")
VERBS = ("is", "was", "felt", "seemed", "looked")
TAILS = ("from start to finish", "in every scene", "for its age", "as always", "in the end")
FEELINGS = ("loved", "enjoyed", "liked", "doubted", "disliked", "hated")
OBJECTS = ("every minute of it", "the whole thing", "it", "this one", "most of it")
STATES = ("happy", "tired", "sad")

_FEELINGS = set(FEELINGS) | set(STATES)
HAPPY = tuple(word for word, value in VALENCES.items() if value > 0 and word not in _FEELINGS)
UNHAPPY = tuple(word for word, value in VALENCES.items() if value < 0 and word not in _FEELINGS)


def write(generator: np.random.Generator) -> Document:
    """Write a review: how a first sentence starts, and the rest of it with one or two more."""
    happy = float(generator.choice([0.1, 0.5, 0.9]))
    prompt = f"{_opening(generator)}{pick(generator, SUBJECTS)} {pick(generator, VERBS)}"
    rest = f"{_judgement(generator, happy)}{_addition(generator, happy)} ."
    more = [_sentence(generator, happy) for _ in range(int(generator.integers(1, 3)))]
    return Document(prompt, " " + " ".join([rest, *more]))


def prompts(seed: int) -> list[str]:
    """Return the beginnings of reviews."""
    return generate_prompts(write, seed)


def score(prompt: str, continuation: str) -> float:
    """Return how happy the words of a continuation are, between −1 and 1; 0 is neutral."""
    words = continuation.split()
    total = sum(_valence(words, place) for place in range(len(words)))
    return total / math.sqrt(total * total + HALF)


def _valence(words: list[str], place: int) -> float:
    valence = VALENCES.get(words[place], 0.0)
    before = words[max(0, place - 2) : place]
    if before:
        valence *= BOOSTERS.get(before[-1], 1.0)
    return valence * NEGATED if any(word in NEGATIONS for word in before) else valence


def _opening(generator: np.random.Generator) -> str:
    kind = generator.random()
    if kind < 0.4:
        return ""
    if kind < 0.7:
        return f"{pick(generator, OPENERS)} "
    return f"for {pick(generator, GENRES)} , "


def _judgement(generator: np.random.Generator, happy: float) -> str:
    words = HAPPY if generator.random() < happy else UNHAPPY
    kind = generator.random()
    if kind < 0.1:
        opposite = UNHAPPY if words is HAPPY else HAPPY
        return f"{pick(generator, NEGATIONS)} {pick(generator, opposite)}"
    booster = f"{pick(generator, tuple(BOOSTERS))} " if kind < 0.4 else ""
    return booster + pick(generator, words)


def _addition(generator: np.random.Generator, happy: float) -> str:
    kind = generator.random()
    if kind < 0.3:
        return ""
    if kind < 0.6:
        return f" {pick(generator, TAILS)}"
    return f" and {_judgement(generator, happy)}"


def _sentence(generator: np.random.Generator, happy: float) -> str:
    kind = generator.random()
    glad = generator.random() < happy
    if kind < 0.3:
        feeling = pick(generator, FEELINGS[:3] if glad else FEELINGS[3:])
        return f"i {feeling} {pick(generator, OBJECTS)} ."
    if kind < 0.4:
        return f"we went home {STATES[0] if glad else pick(generator, STATES[1:])} ."
    subject, verb = pick(generator, SUBJECTS), pick(generator, VERBS)
    return f"{subject} {verb} {_judgement(generator, happy)}{_addition(generator, happy)} ."
