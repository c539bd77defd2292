"""What an agent sees of games: the board, the piece, the candidates and which are there."""

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from .afterstates import Afterstates
from .boards import unpack
from .features import feature_bound, feature_set
from .games import Games
from .pieces import Placements
from .sequence import ALL, Selection
from .settings import Settings

Observations = dict[str, NDArray[np.generic]]


def observation_space(settings: Settings, placements: Placements) -> spaces.Dict:
    """Return the space of one board's observations.

    - board: `[height, width]` of 0 and 1, the uppermost row first.
    - piece: The current piece's index among `settings.pieces`; so too next_piece, if it is shown.
    - candidates: `[K, F]`, for each placement the features of the board after it; 0 where the
      piece has fewer than K.
    - action_mask: `[K]`, 1 where the piece has the placement.

    The board is MultiBinary, since a Box of bytes would be taken for an image.
    """
    width = len(feature_set(settings.features).names(settings.width))
    bound = feature_bound(settings.width, settings.height)
    shape = (placements.most, width)
    parts: dict[str, spaces.Space[Any]] = {
        "board": spaces.MultiBinary((settings.height, settings.width)),
        "piece": spaces.Discrete(len(settings.pieces)),
        "candidates": spaces.Box(-bound, bound, shape, np.float32),
        "action_mask": spaces.MultiBinary(placements.most),
    }
    if settings.next_piece:
        parts["next_piece"] = spaces.Discrete(len(settings.pieces))
    return spaces.Dict(parts)


class Observer:
    """Builds the observations of a batch of games.

    Args:
        games: The games to look at.
    """

    def __init__(self, games: Games) -> None:
        """Work out which placements each piece has."""
        self._games = games
        self._compute = feature_set(games.settings.features).compute
        placements = games.placements
        masks = np.arange(placements.most) < placements.counts[:, None]
        self._masks = masks.astype(np.int8)

    def masks(self, boards: Selection = ALL) -> NDArray[np.int8]:
        """Return which actions are placements of the boards' pieces, `[B, K]`."""
        masks: NDArray[np.int8] = self._masks[self._games.piece[boards]]
        return masks

    def observe(self, boards: Selection = ALL) -> Observations:
        """Return observations of B boards, `[B, ...]` each, in arrays of their own."""
        games = self._games
        observations: Observations = {
            "action_mask": self.masks(boards),
            "board": unpack(games.columns[:, boards], games.settings.height),
            "candidates": self._candidates(games.afterstates_of(boards)),
            "piece": games.piece[boards].copy(),
        }
        if games.settings.next_piece:
            observations["next_piece"] = games.next_piece[boards].copy()
        return observations

    def _candidates(self, after: Afterstates) -> NDArray[np.float32]:
        rows = self._compute(after)
        boards, most = len(after.starts) - 1, self._masks.shape[1]
        candidates = np.zeros((boards * most, len(rows)), np.float32)
        gaps = np.arange(boards) * most - after.starts[:-1]
        candidates[np.arange(rows.shape[1]) + gaps.repeat(np.diff(after.starts))] = rows.T
        return candidates.reshape(boards, most, -1)
