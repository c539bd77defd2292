"""A task's corpus, as tokens to fit to and as texts to compare with."""

import numpy as np

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.text.demonstrations import demonstration_scores, demonstrations, has_corpus
from prefrl.agents.text.task import text_task
from prefrl.environments import make, make_vector
from prefrl.envs.text.corpora import corpus
from prefrl.envs.text.tasks import dates

DATES = "prefrl.envs:prefrl/Dates-v0"


def test_demonstrations_are_whole_texts() -> None:
    task = text_task(make(DATES))
    (first, *_), (length, *_) = demonstrations(DATES, task, 3, seed=5)
    assert first[-1] == task.tokenizer.end
    prompt, written = corpus("prefrl/Dates-v0", 1, seed=5)[0]
    assert task.tokenizer.decode(first[:length]) == prompt
    assert task.tokenizer.decode(first[length:]) == written


def test_each_prompt_has_the_score_of_its_own_text() -> None:
    vector = make_vector(DATES, 64)
    assert vector is not None
    observations, _ = vector.reset(seed=3)
    scores = demonstration_scores(DATES, text_task(vector), observations)
    assert scores is not None
    assert set(scores) <= {0.0, 1.0}
    assert 0 < scores.mean() < 2 * dates.DATED


def test_foreign_prompts_have_none() -> None:
    task = text_task(make(DATES))
    nothing = {"tokens": np.array([[3, 4]]), "prompt_length": np.array([[2]])}
    assert demonstration_scores(DATES, task, nothing) is None
    assert not has_corpus("prefrl/TextGeneration-v0")
