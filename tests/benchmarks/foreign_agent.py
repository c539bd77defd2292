"""Train Stable-Baselines3's SAC on a reward learned while it acts, beside SAC on the true reward.

    python tests/benchmarks/foreign_agent.py --folder .benchmarks/foreign_agent

A score is (return - random policy's) / (mean return of SAC on the true reward - random policy's),
by seed. Finished runs are kept in the folder, so that it can be stopped and started again.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
import tyro
from stable_baselines3 import SAC
from stable_baselines3.common.evaluation import evaluate_policy

from prefrl import LearnedReward, OnlineReward
from prefrl.agents.relabelling_buffer import RelabellingReplayBuffer
from prefrl.seeding import integer_seed


@dataclass(frozen=True)
class Options:
    """Which runs to compare."""

    env: str = "Pendulum-v1"
    """Gymnasium id."""
    seeds: int = 3
    """How many seeds, from 0."""
    steps: int = 8_000
    """Environment steps of each run."""
    labels: int = 200
    """Label budget, spent over the first half of the steps."""
    folder: Path = field(default_factory=lambda: Path(".benchmarks/foreign_agent"))
    """Where the runs are kept."""


def main() -> None:
    """Train what is missing, then print returns and scores."""
    options = tyro.cli(Options)
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    returns = {
        kind: np.array([result(options, kind, seed) for seed in range(options.seeds)])
        for kind in ("random", "true", "learned")
    }
    random = returns["random"].mean()
    scores = (returns["learned"] - random) / (returns["true"].mean() - random)
    for kind, values in returns.items():
        print(f"{kind:8} {np.round(values, 1).tolist()}")
    print(f"score    {np.round(scores, 3).tolist()}, mean {scores.mean():.3f}")


def result(options: Options, kind: str, seed: int) -> float:
    """Return the true return of one run, training it unless it is finished."""
    path = options.folder / f"{kind}-{seed}.json"
    if not path.exists():
        began = time.monotonic()
        mean = train(options, kind, seed)
        row = {"true_return": mean, "seconds": time.monotonic() - began}
        path.write_text(json.dumps(row) + "\n")
    return float(json.loads(path.read_text())["true_return"])


def train(options: Options, kind: str, seed: int) -> float:
    """Train one agent; return its mean true return over 20 episodes."""
    env: gymnasium.Env[Any, Any] = gymnasium.make(options.env)
    kwargs: dict[str, Any] = {}
    if kind == "learned":
        reward = OnlineReward(
            env.observation_space,
            env.action_space,
            folder=options.folder / f"{kind}-{seed}",
            labels=options.labels,
            steps=options.steps // 2,
            seed=seed,
        )
        env = LearnedReward(env, reward)
        kwargs["replay_buffer_class"] = RelabellingReplayBuffer
        kwargs["replay_buffer_kwargs"] = {"reward": reward}
    agent = SAC("MlpPolicy", env, seed=seed, **kwargs)
    if kind != "random":
        agent.learn(options.steps)
    return true_return(options.env, None if kind == "random" else agent, seed)


def true_return(env_id: str, agent: SAC | None, seed: int, episodes: int = 20) -> float:
    """Return the mean true return of an agent, acting deterministically, or of random actions."""
    env = gymnasium.make(env_id)
    if agent is not None:
        env.reset(seed=integer_seed(seed, "evaluation"))
        mean, _ = evaluate_policy(agent, env, episodes, warn=False)
        return float(np.mean(mean))
    env.action_space.seed(seed)
    totals = []
    for episode in range(episodes):
        env.reset(seed=integer_seed(seed, "evaluation", episode))
        total, done = 0.0, False
        while not done:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            total, done = total + float(reward), terminated or truncated
        totals.append(total)
    return float(np.mean(totals))


if __name__ == "__main__":
    main()
