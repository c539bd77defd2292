"""Draw how many lines agents clear as they learn, from the runs that scores.py made.

    python tests/benchmarks/tetris_curve.py --out videos/README/tetris.png

Policies kept over training play whole games, each the same ones, choosing what they think best.
Lines are means over seeds, and bands reach from the worst seed to the best.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tyro

from prefrl.agents.chart_style import LABEL_COLOUR, PREDICTED_COLOUR, TRUE_COLOUR, make_axes
from prefrl.agents.evaluation import evaluate
from prefrl.agents.policy_snapshots import snapshot_steps
from prefrl.agents.ppo import load_agent
from prefrl.agents.run_folder import read_settings


@dataclass(frozen=True)
class Options:
    """What to draw."""

    folder: Path = Path(".benchmarks/tetris")
    """Where scores.py kept the runs."""
    ratings: Path | None = None
    """Where it kept those of the teacher that judges by ratings."""
    levels: dict[str, float] = field(default_factory=dict)
    """Lines of others, drawn across."""
    snapshots: int = 8
    """Policies of each run, evenly spread over training."""
    games: int = 20
    """Games of each policy."""
    out: Path = Path(".benchmarks/tetris/curve.png")
    """The picture."""


def main(options: Options) -> None:
    """Play what is missing, and draw."""
    kinds = [
        ("PPO on the lines themselves", options.folder, "true", TRUE_COLOUR),
        ("on comparisons by lines", options.folder, "learned", PREDICTED_COLOUR),
    ]
    if options.ratings is not None:
        kinds.append(("on comparisons by ratings", options.ratings, "learned", "#2f855a"))
    figure, axes = make_axes("Tetris 10×10: lines a game", 8, 4.5)
    for name, folder, reward, colour in kinds:
        runs = sorted(folder.glob(f"Tetris-{reward}-*/"))
        curves = np.array([play(run, options) for run in runs])
        steps, lines = curves[0, :, 0], np.maximum(curves[:, :, 1], 0.1)
        axes.plot(steps, lines.mean(0), "o-", color=colour, label=name, markersize=3)
        axes.fill_between(steps, lines.min(0), lines.max(0), color=colour, alpha=0.15, linewidth=0)
    for name, level in options.levels.items():
        axes.axhline(level, color=LABEL_COLOUR, linestyle=":", linewidth=1)
        axes.annotate(name, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    axes.set_yscale("log")
    axes.set_xlabel("placements")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.legend(frameon=False, loc="lower right", labelcolor="linecolor")
    figure.savefig(options.out, facecolor="white")


def play(run: Path, options: Options) -> list[tuple[int, float]]:
    """Return after how many steps a run's policies clear how many lines, kept in its folder."""
    kept = run / f"lines-{options.snapshots}-{options.games}.json"
    if not kept.exists():
        found, settings = snapshot_steps(run), read_settings(run)
        chosen = np.round(np.linspace(0, len(found) - 1, options.snapshots)).astype(int)
        points = []
        for steps in (found[index] for index in chosen):
            policy = load_agent(run, steps).policy
            lines = evaluate(policy, settings.env, options.games, settings.env_kwargs)
            points.append((steps, float(lines.mean())))
        kept.write_text(json.dumps(points))
    points_kept: list[tuple[int, float]] = json.loads(kept.read_text())
    return points_kept


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
