"""Tests of agents/cross_entropy.py."""

import itertools

import numpy as np

from prefrl.agents.cross_entropy import cross_entropy, each_its_own
from prefrl.envs.tetris.controllers import BCTS, DELLACHERIE, LinearController, play
from prefrl.envs.tetris.settings import Settings

SMALL = Settings(width=6, height=8, features="dellacherie")


def test_every_game_is_played_with_its_own_weights() -> None:
    sign = LinearController("dellacherie", tuple(-weight for weight in BCTS.weights[:6]), "none")
    together = np.array([DELLACHERIE.weights, sign.weights] * 3, np.float64)
    lines = play(each_its_own(together), 6, SMALL, seed=1)
    for controller, first in ((DELLACHERIE, 0), (sign, 1)):
        alone = play(controller.choose, 6, SMALL, seed=1)
        np.testing.assert_array_equal(lines[first::2], alone[first::2])


def test_the_seed_determines_everything() -> None:
    runs = [
        list(itertools.islice(cross_entropy(SMALL, vectors=10, seed=seed), 3)) for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0][-1].weights, runs[1][-1].weights)
    np.testing.assert_array_equal(runs[0][-1].lines, runs[1][-1].lines)
    assert (runs[0][-1].weights != runs[2][-1].weights).all()


def test_the_next_weights_are_drawn_around_the_best() -> None:
    first = next(cross_entropy(SMALL, vectors=10, seed=0, most_pieces=30))
    assert first.lines.shape == (10,)
    lines = play(each_its_own(np.tile(first.weights, (10, 1))), 10, SMALL, most_pieces=30)
    assert lines.mean() > first.lines.mean()


def test_it_learns_on_several_seeds() -> None:
    for seed in range(3):
        runs = cross_entropy(SMALL, vectors=40, seed=seed, most_pieces=300)
        means = [iteration.lines.mean() for iteration in itertools.islice(runs, 6)]
        assert means[-1] > 3 * means[0]
        assert means[-1] > 20
