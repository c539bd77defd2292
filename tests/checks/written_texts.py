"""Segments of written texts, as a recorder of a text environment cuts them."""

from typing import Any

import numpy as np
from gymnasium import spaces

from prefrl.segments import Segment
from prefrl.text_spaces import IS_ACTION, LENGTH, PROMPT_LENGTH, TOKENS
from prefrl.trees import Array


def text_spaces(vocabulary: int, context: int) -> tuple[spaces.Dict, spaces.Discrete]:
    """Return the spaces of an environment that writes texts."""
    observations = spaces.Dict(
        {
            TOKENS: spaces.Box(0, vocabulary - 1, (context,), np.int64),
            LENGTH: spaces.Box(0, context, (1,), np.int64),
            PROMPT_LENGTH: spaces.Box(0, context, (1,), np.int64),
            IS_ACTION: spaces.MultiBinary(context),
        }
    )
    return observations, spaces.Discrete(vocabulary)


def text_steps(
    prompt: list[int], written: list[int], context: int
) -> tuple[dict[str, Array], Array]:
    """Return observations `[T, *obs]` and actions `[T]` of writing something after a prompt."""
    text, start, steps = [*prompt, *written], len(prompt), np.arange(len(written))
    places = np.arange(context)
    whole = np.zeros(context, np.int64)
    whole[: len(text)] = text[:context]
    lengths = start + steps[:, None]
    observations: dict[str, Array] = {
        TOKENS: np.where(places < lengths, whole, 0),
        LENGTH: lengths,
        PROMPT_LENGTH: np.full_like(lengths, start),
        IS_ACTION: ((places >= start) & (places < lengths)).astype(np.int8),
    }
    return observations, np.array(written, np.int64)


def text_segment(
    prompt: list[int], written: list[int], context: int, reward: float = 0.0, **others: Any
) -> Segment:
    """Return the segment of writing something, the true reward at its end."""
    observations, actions = text_steps(prompt, written, context)
    rewards = np.zeros(len(actions))
    rewards[-1] = reward
    return Segment(observations, actions, rewards, group=str(prompt), **others)
