"""How long a step of the text environments takes: `python tests/benchmarks/text_speed.py`.

The actions are texts of the tasks' own corpora, so that episodes end, are scored and start anew as
they do in training. Times are the medians of several repeats, in microseconds.
"""

import argparse
import time

import gymnasium
import numpy as np

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.envs.text.corpora import WRITERS, corpus


def actions(env_id: str, num_envs: int, steps: int) -> np.ndarray:
    """Return corpus texts as actions, `[steps, num_envs]`; the same for every environment."""
    tokenizer = gymnasium.make(env_id).unwrapped.task.tokenizer  # type: ignore[attr-defined]
    texts = corpus(env_id, num_envs * steps // 4, seed=1)
    tokens = [[*tokenizer.encode(text), tokenizer.end] for _, text in texts]
    flat = np.concatenate(tokens)[: num_envs * steps]
    return flat.reshape(num_envs, -1).T.copy()


def step_microseconds(env_id: str, num_envs: int, steps: int) -> tuple[float, float]:
    """Return the time of a step of all texts, and how many texts ended in it, on average."""
    env = gymnasium.make_vec(env_id, num_envs, "vector_entry_point")
    env.reset(seed=0)
    rows = actions(env_id, num_envs, steps)
    began, ended = time.perf_counter(), 0
    for row in rows:
        ended += int(env.step(row)[2].sum())
    return (time.perf_counter() - began) / len(rows) * 1e6, ended / len(rows)


def main() -> None:
    """Measure every task and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-envs", type=int, default=64)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for env_id in WRITERS:
        measured = [
            step_microseconds(env_id, options.num_envs, options.steps)
            for _ in range(options.repeats)
        ]
        microseconds, ended = np.median(measured, axis=0)
        print(
            f"{env_id}: {microseconds:.0f} µs per step of {options.num_envs} texts, "
            f"of which {ended:.1f} end and are scored"
        )


if __name__ == "__main__":
    main()
