"""Environments that lay open what each action leads to, as rows of features.

Their observation is a Dict with `candidates`, `[K, F]`, and `action_mask`, `[K]`: row i describes
what action i leads to, and the mask says which actions are legal. A game of placements is one.
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from prefrl.trees import Array, Tree

CANDIDATES, ACTION_MASK = "candidates", "action_mask"


def row_space(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> spaces.Box | None:
    """Return the space of one candidate's row, or None where no candidates are offered.

    Args:
        observation_space: Of the environment.
        action_space: Of the environment; K actions that start at 0 choose among K candidates.
    """
    if not isinstance(observation_space, spaces.Dict) or not isinstance(
        action_space, spaces.Discrete
    ):
        return None
    rows = observation_space.spaces.get(CANDIDATES)
    mask = observation_space.spaces.get(ACTION_MASK)
    count = int(action_space.n)
    if not isinstance(rows, spaces.Box) or mask is None or action_space.start != 0:
        return None
    if len(rows.shape) != 2 or rows.shape[0] != count or mask.shape != (count,):
        return None
    return spaces.Box(rows.low[0], rows.high[0], dtype=rows.low.dtype.type)


def chosen_rows(observations: Tree, actions: Array) -> Array:
    """Return the rows of the candidates that were chosen, `[..., F]`.

    Args:
        observations: With `candidates`, `[..., K, F]`.
        actions: The indices of those chosen, `[...]`.
    """
    assert isinstance(observations, dict)
    indices = np.asarray(actions)[..., None, None]
    rows: Array = np.take_along_axis(observations[CANDIDATES], indices, axis=-2)[..., 0, :]
    return rows
