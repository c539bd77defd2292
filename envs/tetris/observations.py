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
        games, masks = self._games, self.masks(boards)
        observations: Observations = {
            "action_mask": masks,
            "board": unpack(games.columns[:, boards], games.settings.height),
            "candidates": self._candidates(games.afterstates_of(boards), masks),
            "piece": games.piece[boards].copy(),
        }
        if games.settings.next_piece:
            observations["next_piece"] = games.next_piece[boards].copy()
        return observations

    def _candidates(self, after: Afterstates, masks: NDArray[np.int8]) -> NDArray[np.float32]:
        rows = self._compute(after)
        candidates = np.zeros((*masks.shape, len(rows)), np.float32)
        candidates[masks.view(np.bool_)] = rows.T
        return candidates
