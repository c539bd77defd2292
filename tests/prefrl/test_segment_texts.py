"""Tests of prefrl/segment_texts.py and prefrl/text_preferences.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from prefrl.environments import make
from prefrl.errors import UserError
from prefrl.queries import Comparison, Query, QueryKey, Verdict
from prefrl.segment_texts import SegmentReader, is_readable
from prefrl.segments import Segment
from prefrl.text_preferences import PREFERENCES, export_preferences
from prefrl.trees import tree_stack

DATES = "prefrl.envs:prefrl/Dates-v0"


def written(*words: str) -> Segment:
    """Return the first prompt of seed 0, gone on with words and ended."""
    env = make(DATES)
    tokenizer = env.unwrapped.task.tokenizer  # type: ignore[attr-defined]
    observation, _ = env.reset(seed=0)
    observations, actions = [], []
    for token in [*tokenizer.encode("".join(f" {word}" for word in words)), tokenizer.end]:
        observations.append(observation)
        actions.append(token)
        observation = env.step(token)[0]
    return Segment(tree_stack(observations), np.array(actions), np.zeros(len(actions)), group="0")


def comparison(index: int, verdict: Verdict, *texts: Segment, repeat: int = 0) -> Comparison:
    return Comparison(Query(QueryKey("run", 0, index, repeat), texts), verdict)


def test_a_segment_is_read_with_its_last_word_and_without_the_end_token() -> None:
    env = make(DATES, {"render_mode": "ansi"})
    env.reset(seed=0)
    prompt = str(env.render()).removesuffix(" |")
    text = SegmentReader(DATES).read(written("on", "monday"))
    assert (text.prompt, text.written) == (prompt, " on monday")


def test_only_environments_that_write_texts_are_read() -> None:
    assert is_readable(DATES)
    assert not is_readable("CartPole-v1")
    with pytest.raises(UserError, match="CartPole-v1 cannot be read"):
        SegmentReader("CartPole-v1")


def test_preferences_are_rows_of_prompt_chosen_and_rejected(tmp_path: Path) -> None:
    noon, late, soon = written("at", "noon"), written("late"), written("soon")
    comparisons = [
        comparison(0, 1, noon, late),
        comparison(1, "tie", noon, late),
        comparison(2, "skip", noon, late),
        comparison(0, 0, noon, late, repeat=1),
        comparison(3, 0, noon, late, soon),
    ]
    reader = SegmentReader(DATES)
    assert export_preferences(comparisons, reader, tmp_path) == 3
    rows = [json.loads(line) for line in (tmp_path / PREFERENCES).read_text().splitlines()]
    assert {row["prompt"] for row in rows} == {reader.read(noon).prompt}
    assert [(row["chosen"], row["rejected"]) for row in rows] == [
        (" late", " at noon"),
        (" at noon", " late"),
        (" at noon", " soon"),
    ]
