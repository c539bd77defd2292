"""The cross-entropy method on the linear controller of Tetris, a baseline without any feedback.

Szita and Lőrincz, "Learning Tetris Using the Noisy Cross-Entropy Method", Neural Computation 2006;
the settings are those of Scherrer et al., "Approximate Modified Policy Iteration and its
Application to the Game of Tetris", JMLR 2015, figure 7.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefrl.envs.tetris.controllers import Choose, best_placements, play
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.games import Games, Indices
from prefrl.envs.tetris.settings import Settings
from prefrl.seeding import generator, integer_seed

FIRST_VARIANCE, NOISE = 100.0, 4.0
"""Variance of all weights at first, and what is added to it after every iteration."""

ELITE_SHARE = 0.1
"""The share of the vectors, the best ones, that the next are drawn around."""


@dataclass(frozen=True)
class Iteration:
    """An iteration of the method.

    Attributes:
        lines: Of each game that was played, `[vectors]`.
        weights: Mean of the best vectors, from which the next are drawn, `[F]`.
    """

    lines: Indices
    weights: NDArray[np.float64]


def cross_entropy(
    settings: Settings, *, vectors: int = 100, seed: int = 0, most_pieces: int | None = None
) -> Iterator[Iteration]:
    """Draw weights, keep the best, and draw again around them, for as long as is asked.

    Args:
        settings: Rules of the games, and the features that are weighted.
        vectors: Weights drawn in an iteration; each plays one game.
        seed: Determines everything.
        most_pieces: Pieces after which a game is broken off.
    """
    count = len(feature_set(settings.features).names(settings.width))
    mean, variance = np.zeros(count), np.full(count, FIRST_VARIANCE)
    random, number = generator(seed, "weights"), 0
    while True:
        drawn = random.normal(mean, np.sqrt(variance), (vectors, count))
        pieces = integer_seed(seed, "games", number)
        lines = play(each_its_own(drawn), vectors, settings, pieces, most_pieces=most_pieces)
        best = drawn[np.argsort(-lines, kind="stable")[: max(1, round(ELITE_SHARE * vectors))]]
        mean, variance = best.mean(axis=0), best.var(axis=0) + NOISE
        number += 1
        yield Iteration(lines, mean)


def each_its_own(weights: NDArray[np.float64]) -> Choose:
    """Return a player that rates placements by weights of each game's own.

    Args:
        weights: By the number that a game had at first, `[games, F]`.
    """

    def choose(games: Games) -> Indices:
        after = games.afterstates
        numbers = games.numbers.repeat(np.diff(after.starts))
        rows = feature_set(games.settings.features).compute(after)
        ratings: NDArray[np.float64] = np.einsum("fn,fn->n", weights.T[:, numbers], rows)
        return best_placements(ratings, games)

    return choose
