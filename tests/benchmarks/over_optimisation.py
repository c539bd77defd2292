"""Summaries optimised against a learned reward, lightly and too far (Stiennon et al. 2020, fig. 5).

The recipe `stiennon` is run over seeds, and beside it a run to be spoiled: its reward does not read
likelihoods, and KL costs nothing, so that its rounds leave the reference further and further. Its
summaries are drawn at a lower temperature, and its steps are small, or the rise before the fall
would be over at once. The best of n of the reference's own texts are chosen by the same rewards.
Runs what is missing in a folder, then prints tables and draws:

    python tests/benchmarks/over_optimisation.py
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from training_runs import make_run

from prefrl import load_reward
from prefrl.agents.metrics import read_metrics
from prefrl.agents.text.recipes import recipe_named
from prefrl.envs.text.corpora import corpus
from prefrl.envs.text.tasks.documents import Document
from prefrl.envs.text.tasks.summarise_facts import score
from prefrl.envs.text.tokenizer import TextTokenizer
from prefrl.language.best_of_n import best_of_n_kl, expected_best
from prefrl.language.causal_models import load_causal_model
from prefrl.language.text_reward_model import TextRewardModel

Point: TypeAlias = dict[str, float]

RECIPE = recipe_named("stiennon").words
SPOILED = (
    "--reward-likelihood False --kl-coefficient 0 --temperature 0.7 --learning-rate 3e-5 "
    "--steps 300000 --rounds 15 --evaluation-texts 512"
)

RUNS = {"recipe": RECIPE, "spoiled": (*RECIPE, *SPOILED.split())}
"""The words of `prefrl train` by the names of runs."""

HORIZON = 20
"""Most tokens of a summary."""

MISSING_END = 1.0
"""What a summary without an end costs, as in the recipe."""


@dataclass(frozen=True)
class Options:
    """Which runs to make."""

    seeds: int = 3
    """How many seeds."""
    first_seed: int = 30
    """The first of them."""
    posts: int = 96
    """For how many posts summaries are chosen."""
    samples: int = 128
    """Of how many summaries each, a power of two."""
    folder: Path = Path(".benchmarks/over_optimisation")
    """Where the runs are kept."""


def main() -> None:
    """Run what is missing, then print and draw."""
    options = tyro.cli(Options)
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    curves: dict[str, list[list[Point]]] = {label: [] for label in LABELS}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        folders = {name: options.folder / f"{name}-{seed}" for name in RUNS}
        for name, folder in folders.items():
            make_run(folder, RUNS[name], seed)
        points = [
            points
            for folder in folders.values()
            for points in (rounds(folder), best_of(folder, seed, options.posts, options.samples))
        ]
        for (label, of_seeds), of_seed in zip(curves.items(), points, strict=True):
            of_seeds.append(of_seed)
            tell(f"{label}, seed {seed}", of_seed)
        tell(f"the recipe at last, seed {seed}", [result(folders["recipe"])])
    draw(options.folder / "stiennon.png", curves)


LABELS = (
    "the recipe: PPO, a nat costs 0.05",
    "the recipe: best of n",
    "plain reward: PPO, KL for nothing",
    "plain reward: best of n",
)
"""Of the curves."""


def tell(title: str, points: Sequence[Point]) -> None:
    """Print points, one a line."""
    lines = [", ".join(f"{key} {value:.3g}" for key, value in point.items()) for point in points]
    print(title, *lines, sep="\n  ", flush=True)


def result(folder: Path) -> Point:
    """Return what a run was worth at last, on the final evaluation's texts."""
    found = json.loads((folder / "result.json").read_text())
    return {
        "KL": found["kl"],
        "gold score": found["true_return_mean"],
        "reference's gold score": found["reference_return_mean"],
        "win rate": found["win_rate_over_demonstrations"],
        "win rate over the reference model": found["win_rate_vs_reference"],
        "held-out accuracy": found["reward_heldout_accuracy"],
        "seconds": found["wall_seconds"],
    }


def rounds(folder: Path) -> list[Point]:
    """Return what a run was worth after each round, and its KL."""
    return [
        {
            "KL": row["evaluation/kl"],
            "learned reward": row["predicted_return"] or 0.0,
            "gold score": row["evaluation/score"],
            "win rate": row["evaluation/win_rate_over_demonstrations"],
        }
        for row in read_metrics(folder)
    ]


def best_of(folder: Path, seed: int, posts: int, samples: int) -> list[Point]:
    """Return the same of the best of n summaries of a run's reference, n a power of two.

    Args:
        folder: Of the run.
        seed: Of what is drawn.
        posts: How many; they are the environment's first.
        samples: Summaries of each.
    """
    kept = folder / "best_of_n.json"
    if kept.exists():
        points: list[Point] = json.loads(kept.read_text())
        return points
    tokenizer, reward = TextTokenizer(), load_reward(folder)
    assert isinstance(reward, TextRewardModel)
    settings = json.loads((folder / "config.json").read_text())["settings"]
    temperature = settings["language"]["temperature"]
    model, generator = load_causal_model(folder / "model"), torch.Generator().manual_seed(seed)
    documents = corpus("prefrl/SummariseFacts-v0", posts, seed=0)
    proxy, gold = np.zeros((2, posts, samples))
    for row, document in enumerate(documents):
        start = len(tokenizer.encode(document.prompt))
        texts = write(model, tokenizer, document, samples, temperature, generator)
        lengths = np.array([len(text) for text in texts])
        padded = np.zeros((samples, lengths.max()), np.int64)
        for place, text in enumerate(texts):
            padded[place, : len(text)] = text
        open_ended = [text[-1] != tokenizer.end for text in texts]
        proxy[row] = reward.score(padded, lengths, np.full_like(lengths, start))
        proxy[row] -= MISSING_END * np.array(open_ended)
        gold[row] = [score(document.prompt, tokenizer.decode(text[start:])) for text in texts]
    reference = np.array([[score(*document)] for document in documents])
    won = (gold > reference) + 0.5 * (gold == reference)
    points = [
        {
            "n": n,
            "KL": best_of_n_kl(n),
            "learned reward": float(expected_best(proxy, proxy, n).mean()),
            "gold score": float(expected_best(proxy, gold, n).mean()),
            "win rate": float(expected_best(proxy, won, n).mean()),
        }
        for n in (2**power for power in range(samples.bit_length()))
    ]
    kept.write_text(json.dumps(points))
    return points


@torch.no_grad()
def write(
    model: Any,
    tokenizer: TextTokenizer,
    document: Document,
    count: int,
    temperature: float,
    generator: torch.Generator,
) -> list[list[int]]:
    """Return summaries of a post as tokens, each behind it and up to its end token."""
    tokens = torch.tensor([tokenizer.encode(document.prompt)] * count)
    start, read, past = tokens.shape[1], tokens, None
    while tokens.shape[1] < start + HORIZON and not (tokens == tokenizer.end).any(1).all():
        found = model(input_ids=read, past_key_values=past, use_cache=True)
        past = found.past_key_values
        shares = (found.logits[:, -1] / temperature).softmax(-1)
        read = torch.multinomial(shares, 1, generator=generator)
        tokens = torch.cat([tokens, read], 1)
    return [_up_to_end(text, start, tokenizer.end) for text in tokens.tolist()]


def _up_to_end(text: list[int], start: int, end: int) -> list[int]:
    return text[: text.index(end, start) + 1] if end in text[start:] else text


def draw(path: Path, curves: dict[str, list[list[Point]]]) -> None:
    """Draw win rates and learned rewards over the KL, a line for each seed."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("win rate", "learned reward"), strict=True):
        for place, (label, seeds) in enumerate(curves.items()):
            _curves(axes, seeds, name, f"C{place}", label)
        axes.set(xlabel="KL to the reference model (nats per text)", xscale="symlog")
    left, right = figure.axes
    left.set_ylabel("win rate over reference summaries")
    right.set_ylabel("learned reward (standard deviations)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120)


def _curves(axes: Axes, seeds: Sequence[list[Point]], name: str, colour: str, label: str) -> None:
    for place, points in enumerate(seeds):
        pairs = sorted((point["KL"], point[name]) for point in points)
        shown = label if place == 0 else None
        axes.plot(*np.transpose(pairs), "o-", color=colour, markersize=3, alpha=0.6, label=shown)


if __name__ == "__main__":
    main()
