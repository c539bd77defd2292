"""From an agent's actions to placements, and from lines to rewards."""

import numpy as np
from numpy.typing import NDArray

from .errors import IllegalPlacementError
from .games import Games, Indices
from .sequence import Selection

SCORES = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
"""What 0 to 4 lines at once score (RL-Library, TetrisState.java)."""


def to_placements(games: Games, boards: Selection, actions: Indices) -> Indices:
    """Return the placement that each action stands for.

    Args:
        games: The games played.
        boards: Which N boards are acted on.
        actions: From 0 to K − 1, `[N]`.

    Raises:
        IllegalPlacementError: If an action is outside that range, or the piece has no such
            placement and the games' `illegal` is "raise".
    """
    choices = games.choices[boards]
    wrong = (actions < 0) | (actions >= choices)
    if not wrong.any():
        return actions
    first = int(np.flatnonzero(wrong)[0])
    action, most = int(actions[first]), games.placements.most
    if games.settings.illegal == "raise" or actions.min() < 0 or actions.max() >= most:
        name = games.settings.pieces[games.piece[boards][first]]
        raise IllegalPlacementError(
            f"action {action} is illegal: {name} has the placements 0 to {choices[first] - 1}; "
            "choose one where action_mask is 1"
        )
    return actions % choices


def rewards(games: Games) -> NDArray[np.float64]:
    """Return the rewards for the last placements, `[B]`."""
    if games.settings.reward == "score":
        return SCORES[games.last_lines]
    return games.last_lines.astype(np.float64)
