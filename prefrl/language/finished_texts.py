"""Steps that finish a text, as rows with the whole text; all other steps as rows of zeros."""

import numpy as np
from numpy.typing import NDArray

from prefrl.text_spaces import IS_ACTION, LENGTH, PROMPT_LENGTH, TOKENS
from prefrl.trees import Array

Rows = NDArray[np.int32]
"""`[..., L + 2]`: the lengths of the text that the step finishes and of its prompt, and the text's
tokens; or zeros."""

LENGTH_COLUMNS = 2
"""Columns of rows before the tokens."""


def finished_texts(
    observations: dict[str, Array],
    actions: Array,
    *,
    end_token: int,
    horizon: int | None,
    ends: Array | None = None,
) -> Rows:
    """Return the texts that steps finish, the action appended.

    Where nobody replies, a step finishes a text by the end token, by its `horizon`-th action, or by
    filling the context.

    Args:
        observations: Before the actions, `[..., *obs]` (see `text_spaces`).
        actions: The next tokens, `[...]`.
        end_token: What ends a text.
        horizon: Most actions of a text, or None where only the context limits them.
        ends: Which steps finish texts, `[...]` bool, where more is known than observations say.
    """
    tokens, lengths = observations[TOKENS], observations[LENGTH][..., 0]
    context = tokens.shape[-1]
    if ends is None:
        ends = (actions == end_token) | (lengths + 1 == context)
        if horizon is not None:
            ends |= observations[IS_ACTION].sum(-1, dtype=np.int64) + 1 == horizon
    ends = ends & (lengths < context)
    rows = np.zeros((*tokens.shape[:-1], LENGTH_COLUMNS + context), np.int32)
    rows[..., 0] = lengths + 1
    rows[..., 1] = observations[PROMPT_LENGTH][..., 0]
    rows[..., LENGTH_COLUMNS:] = tokens
    places = LENGTH_COLUMNS + np.minimum(lengths, context - 1)[..., None]
    np.put_along_axis(rows, places, np.asarray(actions)[..., None], -1)
    rows[~ends] = 0
    return rows


def rows_of(texts: Array, lengths: Array, prompt_lengths: Array) -> Rows:
    """Return finished texts `[..., L]` as rows, padded by 0; lengths are `[...]`."""
    inside = np.arange(texts.shape[-1]) < lengths[..., None]
    rows = np.concatenate([lengths[..., None], prompt_lengths[..., None], texts * inside], -1)
    return rows.astype(np.int32)
