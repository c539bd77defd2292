"""Scores of preference PPO against PPO on the true reward, over tasks and seeds.

Runs what is missing in a folder and prints the table, so that it can be stopped and started again:

    python tests/benchmarks/scores.py --folder .benchmarks/scores --processes 2
    python tests/benchmarks/scores.py --tasks Tetris --env-kwargs height=10 --steps 150000 \
        --folder .benchmarks/tetris

A score is (return - random policy's) / (mean return of PPO on the true reward - random policy's),
by seed; the summary is the interquartile mean with a 95 % bootstrap interval (Agarwal et al. 2021).
"""

import concurrent.futures
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.options import parse_kwargs
from prefrl.environments import make
from prefrl.seeding import integer_seed

REWARDS = ("true", "learned")


@dataclass(frozen=True)
class Options:
    """Which runs to compare."""

    tasks: tuple[str, ...] = ("HalfCheetah", "Hopper", "Reacher")
    """Robots, or Tetris, by name."""
    seeds: int = 5
    """How many seeds."""
    first_seed: int = 20
    """The first of them."""
    labels: int = 700
    """Label budget of each run on the learned reward."""
    steps: int = 500_000
    """Environment steps of each run."""
    env_kwargs: tuple[str, ...] = ()
    """Arguments for the environments, each as KEY=VALUE; use a folder of their own."""
    processes: int = 2
    """Runs at the same time."""
    folder: Path = field(default_factory=lambda: Path(".benchmarks/scores"))
    """Where the runs are kept."""

    def chosen_seeds(self) -> range:
        """Return the seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)


def main() -> None:
    """Run what is missing, then print the table and write `scores.json`."""
    options = tyro.cli(Options)
    options.folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (seed, task, reward)
        for seed in options.chosen_seeds()
        for task in options.tasks
        for reward in REWARDS
    ]
    with concurrent.futures.ThreadPoolExecutor(options.processes) as pool:
        list(pool.map(lambda job: run(options, *job), jobs))
    summaries = [summarise(options, task) for task in options.tasks]
    (options.folder / "scores.json").write_text(json.dumps(summaries, indent=2) + "\n")
    Console(width=140).print(table(summaries, options.labels))


def run(options: Options, seed: int, task: str, reward: str) -> None:
    """Make one run, or go on with it, unless it is finished."""
    folder = run_folder(options, seed, task, reward)
    if (folder / "result.json").exists():
        return
    command = [sys.executable, "-m", "prefrl.agents.cli"]
    if (folder / "config.json").exists():
        command += ["resume", str(folder.resolve())]
    else:
        command += ["train", f"prefrl/{task}-v0", "--reward", reward, "--seed", str(seed)]
        command += ["--labels", str(options.labels), "--steps", str(options.steps)]
        command += ["--out", str(folder.resolve())]
        if options.env_kwargs:
            command += ["--env-kwargs", *options.env_kwargs]
    with (options.folder / f"{folder.name}.log").open("a") as log:
        subprocess.run(command, check=True, cwd=options.folder, stdout=log, stderr=log)


def run_folder(options: Options, seed: int, task: str, reward: str) -> Path:
    """Return the folder of one run."""
    return options.folder / f"{task}-{reward}-{seed}"


def summarise(options: Options, task: str) -> dict[str, Any]:
    """Return returns and scores of one task."""
    results = {
        reward: [
            json.loads((run_folder(options, seed, task, reward) / "result.json").read_text())
            for seed in options.chosen_seeds()
        ]
        for reward in REWARDS
    }
    returns = {name: np.array([r["true_return_mean"] for r in results[name]]) for name in REWARDS}
    random = random_return(f"prefrl/{task}-v0", parse_kwargs(options.env_kwargs))
    scores = (returns["learned"] - random) / (returns["true"].mean() - random)
    accuracies = [r["reward_heldout_accuracy"] for r in results["learned"]]
    return {
        "task": task,
        "random": random,
        **{f"{name}_returns": returns[name].round(2).tolist() for name in REWARDS},
        "scores": scores.round(4).tolist(),
        "iqm": interquartile_mean(scores),
        "interval": bootstrap_interval(scores),
        "heldout_accuracy": float(np.nanmean(np.array(accuracies, float))),  # None where all tied
    }


def random_return(env_id: str, env_kwargs: dict[str, Any], episodes: int = 100) -> float:
    """Return the mean true return of actions drawn uniformly."""
    env = make(env_id, env_kwargs)
    env.action_space.seed(0)
    returns = [episode_return(env, integer_seed(0, "random", i)) for i in range(episodes)]
    env.close()
    return float(np.mean(returns))


def episode_return(env: gymnasium.Env[Any, Any], seed: int) -> float:
    """Return the true return of one episode of random actions."""
    env.reset(seed=seed)
    total, done = 0.0, False
    while not done:
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        total += float(reward)
        done = terminated or truncated
    return total


def interquartile_mean(values: np.ndarray) -> float:
    """Return the mean of the middle half, the outermost values of it weighted by their share."""
    ordered = np.sort(values)
    edges = np.linspace(0, 1, len(ordered) + 1)
    weights = np.clip(np.minimum(edges[1:], 0.75) - np.maximum(edges[:-1], 0.25), 0, None)
    return float((ordered * weights).sum() / weights.sum())


def bootstrap_interval(values: np.ndarray, samples: int = 10_000) -> tuple[float, float]:
    """Return the 95 % interval of the interquartile mean over resampled seeds."""
    rng = np.random.default_rng(0)
    resampled = rng.choice(values, size=(samples, len(values)))
    means = [interquartile_mean(row) for row in resampled]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def table(summaries: list[dict[str, Any]], labels: int) -> Table:
    """Return the summaries as a table."""
    names = ("task", "random", "true reward", f"{labels} labels", "score (IQM)", "95 %", "accuracy")
    shown = Table(*names, box=None)
    for row in summaries:
        true, learned = np.array(row["true_returns"]), np.array(row["learned_returns"])
        shown.add_row(
            row["task"],
            f"{row['random']:,.2f}",
            f"{true.mean():,.1f} ± {true.std(ddof=1):,.1f}",
            f"{learned.mean():,.1f} ± {learned.std(ddof=1):,.1f}",
            f"{row['iqm']:.2f}",
            "{:.2f} to {:.2f}".format(*row["interval"]),
            f"{row['heldout_accuracy']:.2f}",
        )
    return shown


if __name__ == "__main__":
    main()
