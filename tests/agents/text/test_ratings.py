import io
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tiny_llama import make_tiny_llama
from written_texts import text_spaces

from prefrl.agents.given_labels import check_labels
from prefrl.agents.text import ratings
from prefrl.agents.text.ratings import RatedText, compare, prompts_of, read_rated_texts
from prefrl.environments import make
from prefrl.envs.text.drawing import draw_text
from prefrl.envs.text.tokenizer import BUNDLED, TextTokenizer
from prefrl.errors import UserError
from prefrl.exchange import read_labels
from prefrl.reward_model import make_reward_model, member_returns

SNIPPETS = [
    RatedText(f"film number {i} is one of many films that were made", (i % 9 - 4, i % 9 - 4))
    for i in range(40)
]


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    texts = "".join(f"{i}\t0.5\t{one.text}  (caf\xe9)\n" for i, one in enumerate(SNIPPETS))
    numbers = "".join(f"{i}\t0.5\t0\t{list(one.ratings)}\n" for i, one in enumerate(SNIPPETS))
    inner = {
        "hutto/movieReviewSnippets_GroundTruth.txt": texts.encode("latin-1"),
        "hutto/movieReviewSnippets_anonDataRatings.txt": numbers.encode("latin-1"),
    }
    content = _tar(tmp_path / "inner.tar.gz", inner).read_bytes()
    return _tar(tmp_path / "package.tar.gz", {"p/resources/hutto_ICWSM_2014.tar.gz": content})


def test_texts_and_ratings_are_joined(archive: Path) -> None:
    texts = read_rated_texts(archive)
    assert [text.ratings for text in texts] == [one.ratings for one in SNIPPETS]
    assert texts[3].text == f"{SNIPPETS[3].text} (café)"
    assert texts[3].mean == -1


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")
    other = _tar(tmp_path / "other.tar.gz", {"p/readme": b""})
    for file in (tmp_path / "text", other, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="is not the source archive"):
            read_rated_texts(file)


def test_prompts_are_distinct_beginnings_of_longer_texts() -> None:
    texts = [RatedText(text, (0,)) for text in ("a b c d e f g h i", "a b c d " * 3, "a b c")]
    assert prompts_of(texts) == ["a b c d"]


def test_the_higher_rating_wins_and_every_text_is_used_evenly() -> None:
    answers = compare(SNIPPETS, TextTokenizer(), count=60)
    assert len(answers) == 60
    for answer in answers:
        first, second = (segment.true_return for segment in answer.query.segments)
        assert answer.verdict == int(second > first)
        assert abs(first - second) >= ratings.MARGIN
    used = [segment.id for answer in answers for segment in answer.query.segments]
    assert len(set(used)) > 30
    again = compare(SNIPPETS, TextTokenizer(), count=60)
    assert [a.query.segments[0].id for a in again] == [a.query.segments[0].id for a in answers]


def test_equal_ratings_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no two texts differ"):
        compare([SNIPPETS[0]] * 3, TextTokenizer(), count=1)


def test_labels_are_written_for_the_environment_and_the_reward_model(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    arguments = [str(archive), str(folder), "--tokenizer", str(BUNDLED), "--comparisons", "20"]
    monkeypatch.setattr(sys, "argv", ["ratings", *arguments])
    ratings.main()
    prompts = (folder / "prompts.txt").read_text().splitlines()
    assert prompts == [f"film number {i} is" for i in range(0, 40, ratings.HELD_OUT)]
    answers = read_labels(folder)
    assert len(answers) == 20
    task = {"prompts": str(folder / "prompts.txt"), "scorer": "prefrl.envs.text.vader:score"}
    env = make("prefrl.envs:prefrl/TextGeneration-v0", {**task, "context": ratings.CONTEXT})
    check_labels(answers, env)
    snapshots = answers[0].query.segments[0].snapshots
    assert snapshots is not None
    assert draw_text(TextTokenizer(), snapshots[0]).replace("|", "").startswith("film number")
    size = TextTokenizer().size
    make_tiny_llama(tmp_path / "model", vocabulary_size=size, context=ratings.CONTEXT)
    model = make_reward_model(
        *text_spaces(size, ratings.CONTEXT),
        members=1,
        language_model=tmp_path / "model",
        horizon=ratings.HORIZON,
    )
    returns = member_returns(model, [answer.query.segments for answer in answers])
    assert returns.abs().min() > 0  # every text is finished
    assert len(np.unique(returns.numpy())) > 20


def test_labels_about_longer_texts_are_refused() -> None:
    answers = compare(SNIPPETS, TextTokenizer(), count=2)
    with pytest.raises(UserError, match="about another environment"):
        check_labels(answers, make("prefrl.envs:prefrl/Sentiment-v0", {}))
