"""How good placements are by Dellacherie's rating, for synthetic teachers."""

import numpy as np
from numpy.typing import NDArray

from .controllers import DELLACHERIE
from .features import dellacherie
from .games import Games, Indices
from .sequence import Selection


def rate_placements(games: Games, boards: Selection, actions: Indices) -> NDArray[np.float64]:
    """Return Dellacherie's ratings of the boards that placements leave behind, raised.

    They are raised by three times the number of a board's cells, so that playing on is better than
    losing: a random player's ratings are above -272 on 10×10 and above -598 on 10×20 in 99 of 100
    placements.

    Args:
        games: The games played.
        boards: Which N boards.
        actions: The placement for each, `[N]`, from 0 to its `choices` − 1.

    Returns:
        `[N]`.
    """
    after = games.afterstates
    left_behind = after.take(after.starts[:-1][boards] + actions)
    cells = 3 * games.settings.width * games.settings.height
    features = dellacherie(left_behind).astype(np.float64)
    ratings: NDArray[np.float64] = np.array(DELLACHERIE.weights) @ features + cells
    return ratings
