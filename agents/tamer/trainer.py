"""A scripted trainer, which judges placements as somebody would who plays as Dellacherie does."""

import numpy as np

from prefrl.envs.tetris.controllers import DELLACHERIE
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.games import Games
from prefrl.seeding import generator

GOOD_SHARE = 0.15
"""Placements among this share of the best are good, those below the median bad."""


def judge(games: Games, action: int) -> float:
    """Return 1 for a good placement of a single game's piece, −1 for a bad one, else 0.

    Args:
        games: One game, before the placement.
        action: The placement.
    """
    rows = feature_set(DELLACHERIE.features).compute(games.afterstates)
    ratings = np.array(DELLACHERIE.weights, np.float32) @ rows
    if (ratings > ratings[action]).mean() < GOOD_SHARE:
        return 1.0
    return -1.0 if ratings[action] < np.median(ratings) else 0.0


class ScriptedTrainer:
    """Rates a share of placements, with a share of wrong signs.

    Args:
        seed: The run's seed.
        game: The game's number; each has random numbers of its own.
        rated_share: Share of the placements that are rated, in [0, 1].
        wrong_share: Share of the feedback whose sign is wrong, in [0, 1].
        placements: Placements of the game that were rated before.
    """

    def __init__(
        self, seed: int, game: int, rated_share: float, wrong_share: float, placements: int = 0
    ) -> None:
        """Go on where the game is."""
        self._random = generator(seed, "trainer", game)
        self._random.random((placements, 2))
        self._rated, self._wrong = rated_share, wrong_share

    def rate(self, games: Games, action: int) -> float:
        """Return the feedback for a placement: 1, −1, or 0 for none; see `judge`."""
        attention, slip = self._random.random(2)
        if attention >= self._rated:
            return 0.0
        value = judge(games, action)
        return -value if slip < self._wrong else value
