"""Environments that write texts token by token.

Their observation is a Dict with the `tokens` so far, `[L]`, padded on the right, their `length`,
`[1]`, how many of them are the prompt, `prompt_length`, `[1]`, and which ones the agent wrote,
`is_action`, `[L]`. An action is the next token.
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

TOKENS, LENGTH, PROMPT_LENGTH, IS_ACTION = "tokens", "length", "prompt_length", "is_action"


def is_text(observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]) -> bool:
    """Return whether spaces are those of an environment that writes texts.

    Args:
        observation_space: Of the environment.
        action_space: Of the environment; the tokens of the vocabulary, from 0.
    """
    if not isinstance(observation_space, spaces.Dict) or not isinstance(
        action_space, spaces.Discrete
    ):
        return False
    if set(observation_space.spaces) != {TOKENS, LENGTH, PROMPT_LENGTH, IS_ACTION}:
        return False
    tokens, is_action = observation_space[TOKENS], observation_space[IS_ACTION]
    counts = observation_space[LENGTH], observation_space[PROMPT_LENGTH]
    return (
        isinstance(tokens, spaces.Box)
        and np.issubdtype(tokens.dtype, np.integer)
        and tokens.shape == is_action.shape
        and len(tokens.shape) == 1
        and all(part.shape == (1,) for part in counts)
        and action_space.start == 0
        and bool(np.all(tokens.high == action_space.n - 1))
    )
