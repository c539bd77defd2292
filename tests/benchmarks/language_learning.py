"""What language models learn from preferences, over seeds, with the model that comes along.

Runs what is missing in a folder and prints the table, so that it can be stopped and started again:

    python tests/benchmarks/language_learning.py sentiment
    python tests/benchmarks/language_learning.py nlpo

Every run is one of `prefrl train`; the table names the words that are special about each.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table
from training_runs import make_run

from prefrl.agents.metrics import read_metrics
from prefrl.agents.text.recipes import recipe_named

Rows: TypeAlias = dict[str, list[list[dict[str, Any]]]]
"""Metrics by what is special about runs, then by seed, then by round."""

Experiment: TypeAlias = Literal["sentiment", "nlpo"]

SENTIMENT = ("prefrl/Sentiment-v0", "--labels", "1000")
NLPO = recipe_named("nlpo").words

RUNS: dict[Experiment, dict[str, tuple[str, ...]]] = {
    "sentiment": {
        "KL steered to its target": SENTIMENT,
        "no KL penalty": (*SENTIMENT, "--kl-target", "0", "--kl-coefficient", "0"),
    },
    "nlpo": {"NLPO": NLPO, "PPO": (*NLPO, "--mask-share", "0")},
}
"""The words of `prefrl train` by what is special about them."""


@dataclass(frozen=True)
class Options:
    """Which runs to make."""

    experiment: Annotated[Experiment, tyro.conf.Positional]
    """What to compare."""
    seeds: int = 5
    """How many seeds."""
    first_seed: int = 30
    """The first of them."""
    folder: Path = Path(".benchmarks/language")
    """Where the runs are kept."""


def main() -> None:
    """Run what is missing, then print the table."""
    options = tyro.cli(Options)
    options.folder.mkdir(parents=True, exist_ok=True)
    runs = RUNS[options.experiment]
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for place, words in enumerate(runs.values()):
            make_run(run_folder(options, place, seed), words, seed)
    table = Table("", "gold score", "win rate", "KL", "log ρ per token", "accuracy", "minutes")
    for place, name in enumerate(runs):
        table.add_row(name, *summary(options, place))
    Console(width=140).print(table)
    draw(options)


def draw(options: Options) -> None:
    """Draw rewards and likelihoods over training, beside the runs."""
    rows = {
        name: [
            read_metrics(run_folder(options, place, seed))
            for seed in range(options.first_seed, options.first_seed + options.seeds)
        ]
        for place, name in enumerate(RUNS[options.experiment])
    }
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_curves(left, rows, "evaluation/score", "gold score")
    _draw_curves(
        right, rows, "evaluation/reference_log_probability", "log ρ of its tokens (nats each)"
    )
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(options.folder / f"{options.experiment}.png", dpi=120)


def _draw_curves(axes: Axes, rows: Rows, metric: str, label: str) -> None:
    """Draw a metric of each run and, thicker, its mean over seeds."""
    for place, (name, seeds) in enumerate(rows.items()):
        values = np.array([[row[metric] for row in of_seed] for of_seed in seeds])
        tokens = [row["steps"] for row in seeds[0]]
        axes.plot(tokens, values.T, color=f"C{place}", alpha=0.25, linewidth=1)
        axes.plot(tokens, values.mean(0), color=f"C{place}", label=name)
    axes.set(xlabel="tokens", ylabel=label)


def run_folder(options: Options, place: int, seed: int) -> Path:
    """Return the folder of one run."""
    return options.folder / f"{options.experiment}-{place}-{seed}"


def summary(options: Options, place: int) -> list[str]:
    """Return cells of the table: mean and standard deviation over seeds."""
    results: list[dict[str, Any]] = [
        json.loads((run_folder(options, place, seed) / "result.json").read_text())
        for seed in range(options.first_seed, options.first_seed + options.seeds)
    ]
    names = ("true_return_mean", "win_rate_vs_reference", "kl", "reference_log_probability")
    cells = [_spread([result[name] for result in results]) for name in names]
    accuracies = [result["reward_heldout_accuracy"] for result in results]
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    minutes = [result["wall_seconds"] / 60 for result in results]
    return [*cells, _spread(known) if known else "-", _spread(minutes)]


def _spread(values: list[float]) -> str:
    listed = ", ".join(f"{value:.3g}" for value in values)
    return f"{np.mean(values):.3g} ± {np.std(values):.2g} ({listed})"


if __name__ == "__main__":
    main()
