"""Fits the tiny language model to summaries: `python -m prefrl.agents.fit_tiny_summariser`.

Copying facts from a post is learned late: most of a post is beyond prediction, and few tokens are
copied. So at first posts are short, and only summaries are learned to be written.
"""

import argparse
import re
import shutil
from pathlib import Path

import numpy as np
import torch

from prefrl.envs.text.corpora import corpus
from prefrl.envs.text.tasks.documents import Document
from prefrl.envs.text.tokenizer import TextTokenizer
from prefrl.language.causal_models import SUMMARISER, load_causal_model, save_causal_model
from prefrl.language.supervised import Texts, fit_language_model, mean_loss
from prefrl.seeding import generator

from .pretrain_tiny import CORPUS_SEED, HELDOUT_SEED, loss_printer

TASK = "prefrl/SummariseFacts-v0"

SHORT_POSTS, POSTS = 20_000, 15_000

LEARNING_RATES = 2e-3, 1e-3
"""For short posts, and for whole ones."""


def main() -> None:
    """Fit the model and write its folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short-posts", type=int, default=SHORT_POSTS, help="how many come first")
    parser.add_argument("--posts", type=int, default=POSTS, help="how many whole ones follow")
    parser.add_argument("--seed", type=int, default=0, help="of the order and what posts lose")
    parser.add_argument("--out", type=Path, default=SUMMARISER, help="the folder to write")
    options = parser.parse_args()
    model, tokenizer = load_causal_model(), TextTokenizer()
    documents = corpus(TASK, options.short_posts + options.posts, CORPUS_SEED)
    rng = generator(options.seed, "short posts")
    short = [shortened(document, rng) for document in documents[: options.short_posts]]
    for posts, rate in zip((short, documents[options.short_posts :]), LEARNING_RATES, strict=True):
        texts, starts = encoded_summaries(posts, tokenizer)
        fit_language_model(
            model,
            texts,
            prompt_lengths=starts,
            learning_rate=rate,
            seed=options.seed,
            progress=loss_printer(len(texts)),
        )
    shutil.rmtree(options.out, ignore_errors=True)
    save_causal_model(model, options.out, torch.bfloat16)
    heldout = encoded_summaries(corpus(TASK, 500, HELDOUT_SEED), tokenizer)
    print(f"{mean_loss(model, *heldout):.3f} nats per token of new summaries")


def shortened(document: Document, rng: np.random.Generator) -> Document:
    """Return a post without some of the sentences that its summary leaves out.

    Each such sentence stays with a probability that is drawn anew, uniformly, for each post.
    """
    start, end = "post :", " summary :"
    post, share = document.prompt.removeprefix(start).removesuffix(end), rng.random()
    kept = [
        sentence
        for sentence in re.findall(r" [^.]+ \.", post)
        if sentence in document.continuation or rng.random() < share
    ]
    return Document(f"{start}{''.join(kept)}{end}", document.continuation)


def encoded_summaries(
    documents: list[Document], tokenizer: TextTokenizer
) -> tuple[Texts, list[int]]:
    """Return posts with their summaries as tokens, and how many of those the posts are."""
    starts = [len(tokenizer.encode(document.prompt)) for document in documents]
    texts = [
        [*tokenizer.encode(document.prompt + document.continuation), tokenizer.end]
        for document in documents
    ]
    return texts, starts


if __name__ == "__main__":
    main()
