"""Tests of envs/text/tasks and envs/text/corpora.py."""

import math

import numpy as np
import pytest

from prefrl.envs.text.corpora import WRITERS, corpus
from prefrl.envs.text.errors import TextError
from prefrl.envs.text.registration import HORIZONS
from prefrl.envs.text.tasks import dates, increasing_numbers, sentiment, summarise_facts
from prefrl.envs.text.tasks.documents import PROMPTS, generate_prompts
from prefrl.envs.text.tokenizer import TextTokenizer

MODULES = (sentiment, increasing_numbers, dates, summarise_facts)
SCORERS = {name: module.score for name, module in zip(WRITERS, MODULES, strict=True)}
RANGES = dict.fromkeys(WRITERS, (0.0, 1.0)) | {
    "prefrl/Sentiment-v0": (-1.0, 1.0),
    "prefrl/SummariseFacts-v0": (-1.0, 1.0),
}
POST = (
    "post : anna is ill . ben is late . carl is tall . dora is hurt . emil is tidy . "
    "fred is lost . the bus was full . summary :"
)


@pytest.mark.parametrize("name", WRITERS)
def test_corpora_are_fixed_by_their_seed_and_begin_alike(name: str) -> None:
    assert corpus(name, 20, 4) == corpus(name, 50, 4)[:20] != corpus(name, 20, 5)


@pytest.mark.parametrize("name", WRITERS)
def test_scores_of_a_corpus_differ_and_are_in_their_range(name: str) -> None:
    scores = [SCORERS[name](*document) for document in corpus(name, 300, 0)]
    low, high = RANGES[name]
    assert low <= min(scores) < max(scores) <= high
    assert np.std(scores) > 0.05


@pytest.mark.parametrize("name", WRITERS)
def test_scores_of_any_words_are_in_their_range(name: str) -> None:
    generator = np.random.default_rng(0)
    documents = corpus(name, 50, 0)
    words = "".join(prompt + text for prompt, text in documents).split()
    low, high = RANGES[name]
    for prompt, _ in documents:
        mixed = " ".join(generator.choice(words, int(generator.integers(40))))
        assert low <= SCORERS[name](prompt, mixed) <= high


@pytest.mark.parametrize(("name", "horizon"), list(zip(WRITERS, HORIZONS.values(), strict=True)))
def test_nearly_all_continuations_end_within_the_horizon(name: str, horizon: int) -> None:
    tokenizer = TextTokenizer()
    lengths = [len(tokenizer.encode(text)) for _, text in corpus(name, 300, 0)]
    assert np.mean([length < horizon for length in lengths]) > 0.95


@pytest.mark.parametrize("module", MODULES)
def test_prompts_are_those_of_the_corpus(module: object) -> None:
    write, prompts = module.write, module.prompts  # type: ignore[attr-defined]
    assert prompts(3) == generate_prompts(write, 3)
    assert len(prompts(3)) == PROMPTS
    assert len(set(prompts(3))) >= 100


def test_an_id_without_a_corpus_is_named() -> None:
    with pytest.raises(TextError, match="prefrl/TextGeneration-v0 has no corpus; those with one"):
        corpus("prefrl/TextGeneration-v0", 1, 0)


def normalised(total: float) -> float:
    return total / math.sqrt(total**2 + 15)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("", 0),
        ("the film was long", 0),
        (" wonderful .", 3),
        (" good and bad", 1 - 2),
        (" very good", 1.5),
        (" very very good", 1.5),
        (" not good", -0.74),
        (" never very dull .", 2 * 1.5 * 0.74),
        (" not in the end good", 1),
        (" wonderfully", 0),
    ],
)
def test_sentiment_adds_up_words_with_boosters_and_negations(text: str, total: float) -> None:
    assert sentiment.score("a superb", text) == pytest.approx(normalised(total))


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 0),
        ("no number", 0),
        (" 3 5 9", 0.3),
        (" 3 5 5 9", 0.2),
        (" 9 8 10 11", 0.1),
        (" 3 . 5 and 9", 0.3),
        (" " + " ".join(map(str, range(20))), 1),
        (" " + " ".join(map(str, range(10))) + " and" * 10, 0.5),
        (" nan inf 4", 0.1),
    ],
)
def test_increasing_numbers_are_counted_up_to_the_first_fall(text: str, score: float) -> None:
    assert increasing_numbers.score("numbers : 50", text) == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "score"),
    [(" on 2021-05-03 .", 1), ("2021-99-99", 1), (" on 3 May", 0), ("2021-5-3", 0), ("", 0)],
)
def test_a_date_anywhere_scores_1(text: str, score: float) -> None:
    assert dates.score("on 2021-05-03", text) == score


@pytest.mark.parametrize(
    ("summary", "score"),
    [
        ("", 0),
        ("anna is ill . dora is hurt . fred is lost .", 1),
        ("dora is hurt . anna is ill . ben is late .", 1),
        ("anna is ill .", 3 / 8),
        ("anna is ill . anna is ill .", 3 / 8),
        ("carl is tall . emil is tidy . ben is late .", 4 / 8),
        ("anna is ill . gina is ill .", 3 / 8 - 0.5),
        ("anna is tall . ben is tall . carl is ill .", -1),
        ("anna is ill . dora is hurt . fred is lost . ben is late .", 1 - 0.4),
        ("the bus was full .", 0),
        ("annais ill", 0),
    ],
)
def test_summaries_are_scored_by_weight_truth_and_length(summary: str, score: float) -> None:
    assert summarise_facts.score(POST, summary) == pytest.approx(score)
