"""Train stock stable-baselines3 PPO on the true reward of HalfCheetah and write its speed.

The other peer takes its options, its PPO, its evaluation and its result from here, so that the two
differ in nothing but the reward. Runs with stable-baselines3 2.2 and later.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecEnv

EVALUATION_EPISODES = 20
EVALUATION_SEED = 10_000


class Options(argparse.Namespace):
    """What a peer is told on its command line, under the names `prefrl train` uses."""

    steps: int
    seed: int
    labels: int
    out: Path
    num_envs: int
    n_steps: int
    batch_size: int
    n_epochs: int
    learning_rate: float
    log_std_init: float


def read_options() -> Options:
    """Read the options from the command line."""
    parser = argparse.ArgumentParser(description="One timed training run; see speed.py.")
    parser.add_argument("--steps", type=int, required=True, help="environment steps to ask for")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labels", type=int, default=0, help="comparisons, where they are used")
    parser.add_argument("--out", type=Path, required=True, help="folder to write result.json to")
    parser.add_argument("--num-envs", type=int, default=16)
    parser.add_argument("--n-steps", type=int, default=256, help="per environment and rollout")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--n-epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--log-std-init", type=float, default=0.0)
    return parser.parse_args(namespace=Options())


def make_environments(environment_id: str, count: int, seed: int) -> VecEnv:
    """Make HalfCheetah environments without control cost, the way SB3's manual does."""
    return make_vec_env(environment_id, count, seed, env_kwargs={"ctrl_cost_weight": 0.0})


def make_agent(options: Options, environments: VecEnv) -> PPO:
    """Make SB3's PPO with the settings asked for and its own defaults for the rest."""
    return PPO(
        "MlpPolicy",
        environments,
        n_steps=options.n_steps,
        batch_size=options.batch_size,
        n_epochs=options.n_epochs,
        learning_rate=options.learning_rate,
        policy_kwargs={"log_std_init": options.log_std_init},
        seed=options.seed,
        device="cpu",
    )


def evaluate(agent: PPO, environment_id: str) -> tuple[float, float]:
    """Return mean and standard deviation of the true return with deterministic actions."""
    environments = make_environments(environment_id, EVALUATION_EPISODES, EVALUATION_SEED)
    mean, deviation = evaluate_policy(agent, environments, n_eval_episodes=EVALUATION_EPISODES)
    assert isinstance(mean, float)
    assert isinstance(deviation, float)
    return mean, deviation


def write_result(
    options: Options, agent: PPO, environment_id: str, env_steps: int, seconds: float
) -> None:
    """Evaluate the agent and write result.json with the names that prefrl's own has.

    Args:
        options: where to write, and the seed.
        agent: the trained agent.
        environment_id: what to evaluate it on.
        env_steps: environment steps taken, not asked for.
        seconds: wall time of training alone.
    """
    mean, deviation = evaluate(agent, environment_id)
    result = {
        "env": environment_id,
        "seed": options.seed,
        "env_steps": env_steps,
        "labels": options.labels,
        "true_return_mean": mean,
        "true_return_std": deviation,
        "eval_episodes": EVALUATION_EPISODES,
        "wall_seconds": seconds,
        "env_steps_per_second": env_steps / seconds,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "result.json").write_text(json.dumps(result, indent=2) + "\n")


def main() -> None:
    """Train on the true reward, timing the training alone."""
    environment_id = "HalfCheetah-v5"
    torch.set_num_threads(1)
    options = read_options()
    agent = make_agent(options, make_environments(environment_id, options.num_envs, options.seed))
    started = time.perf_counter()
    agent.learn(options.steps)
    seconds = time.perf_counter() - started
    write_result(options, agent, environment_id, agent.num_timesteps, seconds)


if __name__ == "__main__":
    main()
