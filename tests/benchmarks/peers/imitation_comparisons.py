"""Train imitation's PreferenceComparisons on HalfCheetah and write its speed.

Runs in a virtual environment of its own (speed.py makes it): imitation 1.0.1 needs gymnasium 0.29
and stable-baselines3 2.2. What it is given is in its favour: a noiseless teacher, a logger that
writes nothing, and few reward epochs, 30 before training and 1 in every iteration, the least that
its trainer accepts (its defaults are 200 and 1, those of its training script 600 and 3).
"""

import time

import numpy as np
import torch
from imitation.algorithms import preference_comparisons
from imitation.rewards import reward_nets
from imitation.util import logger, networks
from sb3_ppo import Options, make_agent, make_environments, read_options, write_result
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

# The v5 environments are newer than gymnasium 0.29; v4 has the same observations and true reward.
ENVIRONMENT_ID = "HalfCheetah-v4"
ITERATIONS = 20
HORIZON = 1000
MEMBERS = 3
FRAGMENT_LENGTH = 30
CANDIDATES_PER_QUERY = 2  # imitation's default for active selection
INITIAL_EPOCHS = 30
EPOCHS = 1


class StepCounter(VecEnvWrapper):
    """Count the steps taken.

    imitation trains one iteration more than it is asked to, rounds each up to whole rollouts, and
    takes further steps, which no agent counts, when a round has too few finished episodes.
    """

    def __init__(self, environments: VecEnv) -> None:
        """Start at zero."""
        super().__init__(environments)
        self.env_steps = 0

    def reset(self) -> VecEnvObs:
        """Reset the environments; a reset is no step."""
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Step the environments and count one step for each."""
        self.env_steps += self.num_envs
        return self.venv.step_wait()


def iterations(options: Options) -> int:
    """Fit as many iterations into the run as finish an episode each, at most ITERATIONS.

    An iteration without a finished episode samples whole episodes beside its training: 82k steps
    asked for in 20 iterations took 422k.
    """
    return max(1, min(ITERATIONS, options.steps // (options.num_envs * HORIZON)))


def make_ensemble(environments: VecEnv) -> reward_nets.RewardEnsemble:
    """Make the ensemble as imitation's own configuration does, with nets of 2x64."""
    spaces = environments.observation_space, environments.action_space
    members = [
        reward_nets.NormalizedRewardNet(
            reward_nets.BasicRewardNet(
                *spaces, hid_sizes=(64, 64), normalize_input_layer=networks.RunningNorm
            ),
            networks.RunningNorm,
        )
        for _ in range(MEMBERS)
    ]
    return reward_nets.RewardEnsemble(*spaces, members)


def make_comparisons(
    agent: PPO, environments: VecEnv, options: Options
) -> preference_comparisons.PreferenceComparisons:
    """Wire up imitation's parts: a bagged ensemble, disagreement queries, a noiseless teacher."""
    generator = np.random.default_rng(options.seed)
    # Every part that is given no logger makes one that prints and writes files.
    quiet = logger.configure(options.out, [])
    ensemble = make_ensemble(environments)
    model = preference_comparisons.PreferenceModel(ensemble)
    fragmenter = preference_comparisons.ActiveSelectionFragmenter(
        model,
        preference_comparisons.RandomFragmenter(generator, 0, quiet),
        CANDIDATES_PER_QUERY,
        custom_logger=quiet,
    )
    trainer = preference_comparisons.EnsembleTrainer(
        model,
        preference_comparisons.CrossEntropyRewardLoss(),
        generator,
        epochs=EPOCHS,
        custom_logger=quiet,
    )
    return preference_comparisons.PreferenceComparisons(
        preference_comparisons.AgentTrainer(
            agent, ensemble, environments, generator, custom_logger=quiet
        ),
        ensemble,
        num_iterations=iterations(options),
        fragmenter=fragmenter,
        preference_gatherer=preference_comparisons.SyntheticGatherer(
            temperature=0, rng=generator, custom_logger=quiet
        ),
        reward_trainer=trainer,
        fragment_length=FRAGMENT_LENGTH,
        initial_epoch_multiplier=INITIAL_EPOCHS / EPOCHS,
        custom_logger=quiet,
    )


def main() -> None:
    """Train on comparisons, timing the training alone."""
    torch.set_num_threads(1)
    options = read_options()
    environments = StepCounter(make_environments(ENVIRONMENT_ID, options.num_envs, options.seed))
    agent = make_agent(options, environments)
    comparisons = make_comparisons(agent, environments, options)
    started = time.perf_counter()
    comparisons.train(options.steps, options.labels)
    seconds = time.perf_counter() - started
    write_result(options, agent, ENVIRONMENT_ID, environments.env_steps, seconds)


if __name__ == "__main__":
    main()
