"""Comparisons made up for timing fits: random steps of a HalfCheetah's size, a linear true reward.

Read by both peers, in their own virtual environments, so that both fit the same numbers.
"""

import argparse
from pathlib import Path

import numpy as np

OBSERVATION, ACTION, STEPS = 17, 6, 50
"""Numbers in an observation, in an action, and steps of a segment."""

MEMBERS, BATCH_SIZE, LEARNING_RATE = 3, 32, 1e-3


class Options(argparse.Namespace):
    """What a peer is told on its command line."""

    comparisons: int
    epochs: int
    out: Path


def read_options() -> Options:
    """Read the options from the command line."""
    parser = argparse.ArgumentParser(description="One timed fit; see fit.py.")
    parser.add_argument("--comparisons", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True, help="passes over the comparisons")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write seconds to")
    return parser.parse_args(namespace=Options())


def make_segments(comparisons: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return observations, actions and true rewards of the segments of each comparison.

    Returns:
        `[C, 2, T + 1, 17]`, `[C, 2, T, 6]` and `[C, 2, T]`.
    """
    rng = np.random.default_rng(0)
    weights = rng.normal(size=OBSERVATION).astype(np.float32)
    observations = rng.normal(size=(comparisons, 2, STEPS + 1, OBSERVATION)).astype(np.float32)
    actions = rng.uniform(-1, 1, (comparisons, 2, STEPS, ACTION)).astype(np.float32)
    return observations, actions, observations[:, :, :-1] @ weights
