"""Snippets of film reviews that people rated: prompts to continue, and comparisons to learn from.

`python -m prefrl.agents.text.ratings ARCHIVE FOLDER --tokenizer MODEL`; `scripts/fetch_ratings`
does it all. The ratings are those of Hutto and Gilbert 2014, from −4 to 4, by 15 to 20 people each.
"""

import argparse
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prefrl.envs.text.errors import TextError
from prefrl.envs.text.tokenizer import TextTokenizer
from prefrl.errors import UserError
from prefrl.queries import Query, QueryKey
from prefrl.seeding import generator
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.teachers import Answer
from prefrl.text_spaces import IS_ACTION, LENGTH, PROMPT_LENGTH, TOKENS

RATINGS = "hutto_ICWSM_2014.tar.gz"
"""The archive in the package vaderSentiment's source archive."""

TEXTS, NUMBERS = "movieReviewSnippets_GroundTruth.txt", "movieReviewSnippets_anonDataRatings.txt"

PROMPT_WORDS = 4
"""With how many words of a snippet a prompt begins."""

HELD_OUT = 4
"""Every so many-th snippet is for prompts; the others are compared."""

MARGIN = 0.5
"""Snippets whose mean ratings differ by less are not compared."""

HORIZON, CONTEXT = 24, 64
"""Most tokens that are written, and of a text; the environment has to be told the same."""


@dataclass(frozen=True)
class RatedText:
    """A snippet and what each rater gave it, from −4 to 4."""

    text: str
    ratings: tuple[int, ...]

    @property
    def mean(self) -> float:
        """The mean rating."""
        return float(np.mean(self.ratings))


def main() -> None:
    """Write prompts.txt and labels.sqlite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="vaderSentiment's source archive")
    parser.add_argument("folder", type=Path, help="where to write prompts.txt and labels.sqlite")
    parser.add_argument("--tokenizer", type=Path, required=True, help="the language model's folder")
    parser.add_argument("--comparisons", type=int, default=2000, help="how many to make")
    parser.add_argument("--seed", type=int, default=0, help="of the pairs")
    options = parser.parse_args()
    try:
        texts = read_rated_texts(options.archive)
        tokenizer = TextTokenizer(options.tokenizer)
    except (UserError, TextError) as error:
        parser.error(str(error))
    options.folder.mkdir(parents=True, exist_ok=True)
    prompts = prompts_of(texts[::HELD_OUT])
    (options.folder / "prompts.txt").write_text("".join(f"{line}\n" for line in prompts))
    compared = [text for place, text in enumerate(texts) if place % HELD_OUT]
    answers = compare(compared, tokenizer, count=options.comparisons, seed=options.seed)
    (options.folder / "labels.sqlite").unlink(missing_ok=True)
    store = LabelStore(options.folder / "labels.sqlite")
    store.ask([answer.query for answer in answers])
    store.answer(answers)
    store.close()
    print(
        f"{options.folder}: {len(prompts)} prompts, {len(answers)} comparisons; for them, make "
        f"prefrl/TextGeneration-v0 with horizon={HORIZON} context={CONTEXT}"
    )


def read_rated_texts(archive: Path) -> list[RatedText]:
    """Return the snippets of vaderSentiment's source archive, in its order.

    Raises:
        UserError: If the file is no such archive.
    """
    try:
        with tarfile.open(archive) as package:
            inner = io.BytesIO(_content(package, RATINGS))
        with tarfile.open(fileobj=inner) as ratings:
            texts, numbers = (dict(_lines(_content(ratings, name))) for name in (TEXTS, NUMBERS))
        return [
            RatedText(" ".join(texts[key][-1].split()), tuple(json.loads(numbers[key][-1])))
            for key in texts
        ]
    except (OSError, tarfile.TarError, LookupError, ValueError) as error:
        raise UserError(
            f"{archive} is not the source archive of vaderSentiment 3.3.2 ({error}); fetch it with "
            "scripts/fetch_ratings"
        ) from error


def prompts_of(texts: Sequence[RatedText]) -> list[str]:
    """Return the distinct beginnings of the longer ones of some texts."""
    split = (text.text.split() for text in texts)
    starts = (" ".join(words[:PROMPT_WORDS]) for words in split if len(words) > 2 * PROMPT_WORDS)
    return list(dict.fromkeys(starts))


def compare(
    texts: Sequence[RatedText], tokenizer: TextTokenizer, *, count: int, seed: int = 0
) -> list[Answer]:
    """Return comparisons of random pairs whose mean ratings differ enough.

    Texts are as an agent would have written them: at most 24 tokens after their start, and an end
    token where they are shorter than that; of the longer ones every other has it, at random.

    Args:
        texts: What to compare; those of more than 64 tokens are left out.
        tokenizer: Of the language model.
        count: How many comparisons, at least 0.
        seed: Of pairs and ends.

    Raises:
        ValueError: If no two texts differ enough.
    """
    rng = generator(seed, "ratings")
    segments = []
    for text in texts:
        tokens = tokenizer.encode(text.text)
        if len(tokens) <= HORIZON or rng.random() < 0.5:
            tokens.append(tokenizer.end)
        if len(tokens) <= CONTEXT:
            segments.append(_segment(tokens, text.mean))
    returns = np.array([segment.true_return for segment in segments])
    if not len(returns) or np.ptp(returns) < MARGIN:
        raise ValueError(f"no two texts differ by {MARGIN}")
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count:
        order = rng.permutation(len(segments))
        drawn = zip(order[::2].tolist(), order[1::2].tolist(), strict=False)
        pairs += [(a, b) for a, b in drawn if abs(returns[a] - returns[b]) >= MARGIN]
    return [
        Answer(
            Query(QueryKey("ratings", 0, index), (segments[first], segments[second])),
            int(returns[second] > returns[first]),
            labeller="raters",
        )
        for index, (first, second) in enumerate(pairs[:count])
    ]


def _segment(tokens: Sequence[int], rating: float) -> Segment:
    """Return the last step of writing a text, which is all that a reward of texts looks at."""
    length, places = len(tokens) - 1, np.arange(CONTEXT)
    start = max(1, len(tokens) - HORIZON)
    text = np.zeros((1, CONTEXT), np.int64)
    text[0, : len(tokens)] = tokens
    seen = {
        TOKENS: np.where(places < length, text, 0),
        LENGTH: np.array([[length]]),
        PROMPT_LENGTH: np.array([[start]]),
        IS_ACTION: ((places >= start) & (places < length)).astype(np.int8)[None],
    }
    snapshot = np.concatenate([[[start, len(tokens)]], text], 1).astype(np.int32)
    actions = np.array(tokens[-1:], np.int64)
    return Segment(seen, actions, np.array([rating]), snapshots=snapshot)


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    for member in archive:
        file = archive.extractfile(member) if member.name.endswith(f"/{name}") else None
        if file is not None:
            return file.read()
    raise LookupError(f"it has no {name}")


def _lines(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the key and the other columns of each line."""
    for line in content.decode("latin-1").splitlines():
        key, *columns = line.split("\t")
        yield key.strip(), columns


if __name__ == "__main__":
    main()
