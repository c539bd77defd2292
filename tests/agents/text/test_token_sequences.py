"""Texts put together from steps."""

import numpy as np

from prefrl.agents.text.token_sequences import SequenceCollector

A, B, C, D = 11, 12, 13, 14


def padded(*texts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.zeros((len(texts), 5), np.int64)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
        row[len(text) :] = 99  # means nothing
    return rows, np.array([len(text) for text in texts])


def test_each_text_is_kept_once() -> None:
    collector = SequenceCollector(2, 5)
    # The environment answers action B with C D; the second one begins anew after one action.
    collector.add(*padded([A], [D, D, D]), np.array([B, A]), np.array([True, True]))
    collector.add(*padded([A, B, C, D], [C]), np.array([A, B]), np.array([False, True]))
    texts = collector.sequences()
    assert texts.lengths.tolist() == [2, 4, 5]
    assert texts.tokens.tolist() == [[C, B, 0, 0, 0], [D, D, D, A, 0], [A, B, C, D, A]]
    assert texts.rows.tolist() == [0, 1, 2, 2]
    assert texts.positions.tolist() == [1, 3, 1, 4]
    assert texts.steps.tolist() == [1, 0, 0, 1]
    assert texts.envs.tolist() == [1, 1, 0, 0]
    taken = np.array([[B, A], [A, B]])
    assert (texts.tokens[texts.rows, texts.positions] == taken[texts.steps, texts.envs]).all()
    assert (texts.as_steps(taken[texts.steps, texts.envs]) == taken).all()


def test_a_text_that_a_wrapper_changes_begins_anew() -> None:
    collector = SequenceCollector(2, 5)
    collector.add(*padded([A, A], [A, A]), np.array([B, B]), np.array([True, True]))
    # The first lost its beginning, and the second its last action.
    collector.add(*padded([A, B], [A, A]), np.array([C, C]), np.array([False, False]))
    texts = collector.sequences()
    assert sorted(
        text[:n].tolist() for text, n in zip(texts.tokens, texts.lengths, strict=True)
    ) == [
        [A, A, B],
        [A, A, B],
        [A, A, C],
        [A, B, C],
    ]


def test_a_full_context_has_room_for_the_last_action() -> None:
    collector = SequenceCollector(1, 5)
    collector.add(*padded([A, B, C, D, A]), np.array([B]), np.array([True]))
    assert collector.sequences().tokens.tolist() == [[A, B, C, D, A, B]]
