"""Trains the tokenizer of the generated corpora: `python -m prefrl.envs.text.train_tokenizer`."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from .corpora import WRITERS, corpus
from .tokenizer import BUNDLED

SPECIAL = ("<pad>", "<end>")
"""Tokens 0 and 1."""

DOCUMENTS = 2000
"""Texts of each corpus."""

VOCABULARY = 1024


def train(vocabulary: int = VOCABULARY, documents: int = DOCUMENTS, seed: int = 0) -> Tokenizer:
    """Train a byte-level BPE on the corpora of all tasks.

    Args:
        vocabulary: Most tokens V, at least the 256 bytes and two special ones; fewer where the
            corpora have no more to merge.
        documents: Texts of each corpus, at least 1.
        seed: Of the corpora.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(documents, seed), trainer)
    return tokenizer


def main() -> None:
    """Write the tokenizer's file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY, help="most tokens")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="texts of each corpus")
    parser.add_argument("--seed", type=int, default=0, help="seed of the corpora")
    parser.add_argument("--out", type=Path, default=BUNDLED, help="the file to write")
    options = parser.parse_args()
    tokenizer = train(options.vocabulary, options.documents, options.seed)
    tokenizer.save(str(options.out))
    print(f"{options.out}: {tokenizer.get_vocab_size()} tokens")


def _texts(documents: int, seed: int) -> Iterator[str]:
    for env_id in WRITERS:
        for document in corpus(env_id, documents, seed):
            yield document.prompt + document.continuation


if __name__ == "__main__":
    main()
