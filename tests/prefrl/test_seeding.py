"""Tests of prefrl.seeding."""

import itertools

import numpy as np

from prefrl.seeding import generator, integer_seed, seed_sequence


def test_the_same_coordinates_give_the_same_stream() -> None:
    first, again = (generator(3, "queries", 1, 2).random(5).tolist() for _ in range(2))
    assert first == again


def test_different_coordinates_give_different_streams() -> None:
    cells = list(itertools.product([0, 1], ["fit", "queries"], [0, 1, 2]))
    starts = {integer_seed(seed, purpose, index) for seed, purpose, index in cells}
    assert len(starts) == len(cells)


def test_neighbouring_seeds_do_not_share_the_streams_of_shifted_indices() -> None:
    assert integer_seed(0, "env", 1) != integer_seed(1, "env", 0)


def test_streams_are_uncorrelated() -> None:
    fit, queries = (generator(0, name).standard_normal(10_000) for name in ("fit", "queries"))
    assert abs((fit * queries).mean()) < 0.04  # four standard errors


def test_an_integer_seed_fits_32_bits() -> None:
    seeds = [integer_seed(seed, "x") for seed in range(100)]
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert max(seeds) > 2**31


def test_the_sequence_is_what_the_generator_is_made_from() -> None:
    expected = np.random.default_rng(seed_sequence(5, "pool", 1)).integers(1000, size=4)
    np.testing.assert_array_equal(generator(5, "pool", 1).integers(1000, size=4), expected)
