from typing import Any

import numpy as np
from written_texts import text_steps

from prefrl.language.finished_texts import finished_texts, rows_of

CONTEXT, END = 8, 1


def _rows(prompt: list[int], written: list[int], horizon: int | None = 5) -> list[list[int]]:
    observations, actions = text_steps(prompt, written, CONTEXT)
    rows: list[list[int]] = finished_texts(
        observations, actions, end_token=END, horizon=horizon
    ).tolist()
    return rows


def test_only_the_step_with_the_end_token_has_the_text() -> None:
    assert _rows([5, 6], [7, 8, END]) == [[0] * 10, [0] * 10, [5, 2, 5, 6, 7, 8, END, 0, 0, 0]]


def test_the_last_action_of_the_horizon_finishes_a_text() -> None:
    *before, last = _rows([5, 6], [7] * 5)
    assert not np.any(before)
    assert last == [7, 2, 5, 6, 7, 7, 7, 7, 7, 0]
    assert not np.any(_rows([5, 6], [7] * 5, horizon=None))


def test_a_full_context_finishes_a_text() -> None:
    *before, last = _rows([5, 6, 5, 6], [7] * 4, horizon=None)
    assert not np.any(before)
    assert last == [8, 4, 5, 6, 5, 6, 7, 7, 7, 7]


def test_what_follows_a_full_context_is_no_text() -> None:
    observations, _ = text_steps([5] * 8, [7], CONTEXT)
    assert not finished_texts(observations, np.array([END]), end_token=END, horizon=None).any()


def test_what_is_known_of_ends_counts_more_than_tokens() -> None:
    observations, actions = text_steps([5, 6], [7, END, 8], CONTEXT)
    known: dict[str, Any] = {"end_token": END, "horizon": 5}
    rows = finished_texts(observations, actions, ends=np.array([False, False, True]), **known)
    assert rows.tolist() == [[0] * 10, [0] * 10, [5, 2, 5, 6, 7, END, 8, 0, 0, 0]]


def test_any_leading_axes() -> None:
    observations, actions = text_steps([5, 6], [7, 8, END], CONTEXT)
    twice = {key: np.stack([value, value]) for key, value in observations.items()}
    rows = finished_texts(twice, np.stack([actions, actions]), end_token=END, horizon=5)
    assert rows.shape == (2, 3, 10)
    assert rows[:, 2].tolist() == [[5, 2, 5, 6, 7, 8, END, 0, 0, 0]] * 2


def test_rows_of_texts_are_those_of_their_last_steps() -> None:
    texts = np.array([[5, 6, 7, 8, END, 9, 9, 9]])
    assert rows_of(texts, np.array([5]), np.array([2])).tolist() == [_rows([5, 6], [7, 8, END])[-1]]
