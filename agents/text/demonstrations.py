"""The texts of a task's corpus: to be fitted to, and to be compared with."""

import numpy as np

from prefrl.envs.text.corpora import WRITERS, corpus
from prefrl.envs.text.scoring import checked_score
from prefrl.envs.text.task import Task
from prefrl.envs.text.tasks.documents import PROMPTS
from prefrl.text_spaces import PROMPT_LENGTH, TOKENS
from prefrl.trees import Array


def has_corpus(env_id: str) -> bool:
    """Return whether a task has a corpus."""
    return task_name(env_id) in WRITERS


def task_name(env_id: str) -> str:
    """Return an id without the module that registers it."""
    return env_id.rpartition(":")[2]


def demonstrations(
    env_id: str, task: Task, count: int, seed: int
) -> tuple[list[list[int]], list[int]]:
    """Return the tokens of texts of a corpus, each with its end token, and their prompts' lengths.

    Args:
        env_id: The environment's id, of a task that has a corpus.
        task: The environment's.
        count: How many.
        seed: Determines them.
    """
    encode, end = task.tokenizer.encode, task.tokenizer.end
    documents = corpus(task_name(env_id), count, seed)
    prompts = [encode(prompt) for prompt, _ in documents]
    written = [[*encode(text), end] for _, text in documents]
    texts = [[*start, *rest] for start, rest in zip(prompts, written, strict=True)]
    return texts, [len(prompt) for prompt in prompts]


def demonstration_scores(env_id: str, task: Task, observations: dict[str, Array]) -> Array | None:
    """Return the gold scores of the corpus's own texts for the prompts of observations, `[B]`.

    Args:
        env_id: The environment's id.
        task: The environment's.
        observations: `[B, *obs]`.

    Returns:
        None where there is no corpus, or it does not have these prompts.
    """
    if not has_corpus(env_id):
        return None
    written = {
        tuple(task.tokenizer.encode(prompt)): (prompt, continuation)
        for prompt, continuation in corpus(task_name(env_id), PROMPTS, seed=0)
    }
    prompts = [
        tuple(tokens[:length].tolist())
        for tokens, (length,) in zip(observations[TOKENS], observations[PROMPT_LENGTH], strict=True)
    ]
    if any(prompt not in written for prompt in prompts):
        return None
    return np.array([checked_score(task.scorer, *written[prompt]) for prompt in prompts])
