"""Players with published weights: each takes the placement whose board it rates highest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import feature_set
from .games import Games, Indices
from .sequence import ALL
from .settings import Settings

Choose = Callable[[Games], Indices]
"""Chooses a placement of every board's piece, `[B]`."""


@dataclass(frozen=True)
class LinearController:
    """A weighted sum of features.

    Attributes:
        features: The name of the feature set.
        weights: One for each feature.
        source: Where the weights were published.
    """

    features: str
    weights: tuple[float, ...]
    source: str

    def rate(self, candidates: NDArray[Any], mask: NDArray[Any]) -> NDArray[np.float64]:
        """Rate candidates.

        Args:
            candidates: Rows of this controller's features, `[..., K, F]`.
            mask: Which candidates there are, `[..., K]`.

        Returns:
            `[..., K]`, negative infinity where there is no candidate.
        """
        ratings = np.asarray(candidates, np.float64) @ np.array(self.weights)
        rated: NDArray[np.float64] = np.where(mask, ratings, -np.inf)
        return rated

    def act(self, candidates: NDArray[Any], mask: NDArray[Any]) -> NDArray[np.int64]:
        """Return the actions that are rated highest, `[...]`, the first of equal ones."""
        actions: NDArray[np.int64] = self.rate(candidates, mask).argmax(axis=-1)
        return actions

    def choose(self, games: Games) -> Indices:
        """Choose for all boards; a placement that loses only where all do."""
        weights = np.array(self.weights, np.float32)
        ratings = weights @ feature_set(self.features).compute(games.afterstates)
        return best_placements(ratings, games)


LOSS = 1e9
"""What losing costs, so that it is avoided whatever the features say."""


def best_placements(ratings: NDArray[Any], games: Games) -> Indices:
    """Return the placement that is rated highest on every board, `[B]`, the first of equal ones.

    One that loses is returned only where all placements do.

    Args:
        ratings: One for each afterstate, `[N]`; changed.
        games: The games.
    """
    after = games.afterstates
    ratings -= after.lost(games.settings.ceiling) * ratings.dtype.type(LOSS)
    starts = after.starts[:-1]
    best = np.maximum.reduceat(ratings, starts)
    tops = np.flatnonzero(ratings == best.repeat(np.diff(after.starts)))
    first: Indices = tops[np.searchsorted(tops, starts)] - starts
    return first


def random_controller(generator: np.random.Generator) -> Choose:
    """Return a player that chooses uniformly among placements."""

    def choose(games: Games) -> Indices:
        chosen: Indices = generator.integers(games.choices)
        return chosen

    return choose


DELLACHERIE = LinearController(
    "dellacherie", (-1, 1, -1, -1, -4, -1), "mdptetris, data/features/dellacherie_initial.dat"
)
EL_TETRIS = LinearController(
    "dellacherie",
    (-4.50016, 3.41813, -3.21789, -9.34870, -7.89927, -3.38560),
    "YuhanXiaoJY/Implementation-of-El-Tetris",
)
BCTS = LinearController(
    "bcts",
    (-12.629, 6.602, -9.216, -19.774, -13.083, -10.487, -1.612, -24.041),
    "mdptetris, record_du.dat; Thiery and Scherrer 2009",
)
DT_10 = LinearController(
    "dt",
    (-2.18, 2.42, -2.17, -3.31, 0.95, -2.22, -0.81, -9.65, 1.27),
    "Scherrer et al. 2015 (AMPI, JMLR 16), table 2",
)
DT_20 = LinearController(
    "dt",
    (-2.68, 1.38, -2.41, -6.32, 2.03, -2.71, -0.43, -9.48, 0.89),
    "Scherrer et al. 2015 (AMPI, JMLR 16), table 2",
)


def bertsekas_start(width: int = 10) -> LinearController:
    """Return the weights from which Bertsekas and Ioffe begin to learn, for a board's width."""
    weights = (*[0.0] * (2 * width - 1), -10.0, -1.0, 0.0)
    return LinearController("bertsekas", weights, "mdptetris, data/features/bertsekas_initial.dat")


def play(
    choose: Choose,
    games: int,
    settings: Settings,
    seed: int = 0,
    *,
    most_pieces: int | None = None,
) -> Indices:
    """Play games to their ends, all at once, and return the lines of each, `[games]`.

    Args:
        choose: Chooses the placements.
        games: How many games.
        settings: Their rules.
        seed: Determines the pieces.
        most_pieces: Pieces after which a game is broken off; None to play on until it is lost.
    """
    batch = Games(games, settings)
    batch.start(batch.numbers, list(np.random.default_rng(seed).spawn(games)))
    lines = np.zeros(games, np.int64)
    while len(batch):
        batch.place(ALL, choose(batch))
        ended = batch.lost if most_pieces is None else batch.lost | (batch.count >= most_pieces)
        if ended.any():
            lines[batch.numbers[ended]] = batch.lines[ended]
            batch.keep(np.flatnonzero(~ended))
    return lines
