"""The generated corpora of the tasks, to train tokenizers and language models on."""

from .errors import TextError
from .tasks import dates, increasing_numbers, sentiment, summarise_facts
from .tasks.documents import Document, generate

WRITERS = {
    "prefrl/Sentiment-v0": sentiment.write,
    "prefrl/IncreasingNumbers-v0": increasing_numbers.write,
    "prefrl/Dates-v0": dates.write,
    "prefrl/SummariseFacts-v0": summarise_facts.write,
}


def corpus(env_id: str, count: int, seed: int) -> list[Document]:
    """Return texts of a task, prompts with their continuations.

    The environment's prompts are those of the first texts of the seed `prompt_seed` (0 unless it
    is told otherwise), so another seed gives a corpus that was drawn independently.

    Args:
        env_id: The task's id.
        count: How many, at least 0.
        seed: At least 0; those of one seed begin alike.

    Raises:
        TextError: If the task has no corpus.
    """
    if env_id not in WRITERS:
        raise TextError(f"{env_id} has no corpus; those with one are {', '.join(WRITERS)}")
    return generate(WRITERS[env_id], count, seed)
