"""Time another package's Tetris: placements per second with features, random legal placements.

Run in the package's own virtual environment; prints the rate.
"""

import argparse
import time
from typing import Any

import numpy as np


def make_tetris_gymnasium() -> Any:
    """Return grouped placements with feature vectors, as tetris-gymnasium's examples use them."""
    from tetris_gymnasium.envs import Tetris
    from tetris_gymnasium.wrappers.grouped import GroupedActionsObservations
    from tetris_gymnasium.wrappers.observation import FeatureVectorObservation

    env = Tetris()
    return GroupedActionsObservations(env, observation_wrappers=[FeatureVectorObservation(env)])


def make_rl_tetris() -> Any:
    """Return grouped placements with features, as rl-tetris's examples use them."""
    from rl_tetris.envs.tetris import Tetris
    from rl_tetris.wrapper.Grouped import GroupedWrapper
    from rl_tetris.wrapper.Observation import GroupedFeaturesObservation

    env = Tetris()
    return GroupedWrapper(env, observation_wrapper=GroupedFeaturesObservation(env))


def legal_actions(observation: Any, info: dict[str, Any]) -> Any:
    """Return the actions that the environment calls legal."""
    mask = info["action_mask"] if "action_mask" in info else observation["action_mask"]
    return np.flatnonzero(mask)


def measure(env: Any, seconds: float) -> float:
    """Return placements per second, resets included."""
    generator, placements, spent = np.random.default_rng(0), 0, 0.0
    observation, info = env.reset(seed=1)
    while spent < seconds:
        action = int(generator.choice(legal_actions(observation, info)))
        started = time.process_time()
        observation, _, terminated, _, info = env.step(action)
        if terminated:
            observation, info = env.reset()
        spent += time.process_time() - started
        placements += 1
    return placements / spent


def main() -> None:
    """Measure the package that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", choices=["tetris-gymnasium", "rl-tetris"])
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    makers = {"tetris-gymnasium": make_tetris_gymnasium, "rl-tetris": make_rl_tetris}
    print(measure(makers[options.package](), options.seconds))


if __name__ == "__main__":
    main()
