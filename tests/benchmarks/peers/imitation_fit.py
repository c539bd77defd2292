"""Time imitation's EnsembleTrainer on made-up comparisons.

Runs in a virtual environment of its own (fit.py makes it), with a logger that writes nothing.
"""

import json
import tempfile
import time

import numpy as np
import torch
from gymnasium import spaces
from imitation.algorithms import preference_comparisons
from imitation.data.types import TrajectoryWithRew
from imitation.rewards import reward_nets
from imitation.util import logger, networks
from made_comparisons import (
    ACTION,
    BATCH_SIZE,
    LEARNING_RATE,
    MEMBERS,
    OBSERVATION,
    make_segments,
    read_options,
)


def make_ensemble() -> reward_nets.RewardEnsemble:
    """Make the ensemble as imitation's own configuration does, with nets of 2x64."""
    seen = spaces.Box(-np.inf, np.inf, (OBSERVATION,), np.float32)
    acted = spaces.Box(-1, 1, (ACTION,), np.float32)
    members = [
        reward_nets.NormalizedRewardNet(
            reward_nets.BasicRewardNet(
                seen, acted, hid_sizes=(64, 64), normalize_input_layer=networks.RunningNorm
            ),
            networks.RunningNorm,
        )
        for _ in range(MEMBERS)
    ]
    return reward_nets.RewardEnsemble(seen, acted, members)


def make_dataset(comparisons: int) -> preference_comparisons.PreferenceDataset:
    """Return the comparisons, answered by their true rewards."""
    observations, actions, rewards = make_segments(comparisons)
    dataset = preference_comparisons.PreferenceDataset()
    pairs = [
        tuple(
            TrajectoryWithRew(
                obs=observations[index, side],
                acts=actions[index, side],
                rews=rewards[index, side],
                infos=None,
                terminal=False,
            )
            for side in range(2)
        )
        for index in range(comparisons)
    ]
    returns = rewards.sum(-1)
    dataset.push(pairs, (returns[:, 0] > returns[:, 1]).astype(np.float32))
    return dataset


def main() -> None:
    """Fit once, and write the seconds of processor time that it took."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    options = read_options()
    dataset = make_dataset(options.comparisons)
    with tempfile.TemporaryDirectory() as unused:
        trainer = preference_comparisons.EnsembleTrainer(
            preference_comparisons.PreferenceModel(make_ensemble()),
            preference_comparisons.CrossEntropyRewardLoss(),
            np.random.default_rng(0),
            batch_size=BATCH_SIZE,
            epochs=options.epochs,
            lr=LEARNING_RATE,
            custom_logger=logger.configure(unused, []),
        )
        started = time.process_time()
        trainer.train(dataset)
        seconds = time.process_time() - started
    options.out.write_text(json.dumps({"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
