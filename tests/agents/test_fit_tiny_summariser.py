import numpy as np

from prefrl.agents.fit_tiny_summariser import TASK, encoded_summaries, shortened
from prefrl.envs.text.corpora import corpus
from prefrl.envs.text.tokenizer import TextTokenizer


def test_shortened_posts_keep_what_is_summarised_in_its_order() -> None:
    rng, lengths = np.random.default_rng(0), []
    for document in corpus(TASK, 50, 0):
        short = shortened(document, rng)
        assert short.continuation == document.continuation
        whole, kept = (_sentences(one.prompt) for one in (document, short))
        following = iter(whole)
        assert all(sentence in following for sentence in kept)
        stated = [sentence for sentence in whole if sentence in document.continuation]
        assert set(stated) <= set(kept)
        lengths.append(len(kept))
    assert min(lengths) < 6 < max(lengths)


def _sentences(post: str) -> list[str]:
    return post.removeprefix("post :").removesuffix(" summary :").split(" .")[:-1]


def test_prompts_are_counted_as_they_stand_in_the_text() -> None:
    tokenizer = TextTokenizer()
    documents = corpus(TASK, 5, 0)
    texts, starts = encoded_summaries(documents, tokenizer)
    for document, text, start in zip(documents, texts, starts, strict=True):
        assert tokenizer.decode(text[:start]) == document.prompt
        assert tokenizer.decode(text[start:-1]) == document.continuation
        assert text[-1] == tokenizer.end
