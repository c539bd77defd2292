"""Independent random generators, each named by the run's seed and what it is for."""

import zlib

import numpy as np


def seed_sequence(seed: int, purpose: str, *indices: int) -> np.random.SeedSequence:
    """Return the seed sequence of one purpose within a run.

    Args:
        seed: The run's seed, at least 0.
        purpose: What the randomness is for; different words give independent streams.
        *indices: Further coordinates, such as the round and the environment, each at least 0.
    """
    return np.random.SeedSequence((seed, zlib.crc32(purpose.encode()), *indices))


def generator(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """Return a NumPy generator for one purpose within a run (see `seed_sequence`)."""
    return np.random.default_rng(seed_sequence(seed, purpose, *indices))


def integer_seed(seed: int, purpose: str, *indices: int) -> int:
    """Return a 32-bit seed for libraries that take an integer (see `seed_sequence`)."""
    return int(seed_sequence(seed, purpose, *indices).generate_state(1)[0])
