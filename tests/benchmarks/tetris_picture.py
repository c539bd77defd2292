"""Draw the lines that agents clear on Tetris, from the scores.json files of scores.py.

    python tests/benchmarks/tetris_picture.py --out videos/README/tetris.png \\
        --scores "700 comparisons" .benchmarks/tetris/scores.json

A dot is a seed, a bar the mean over seeds.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from prefrl.agents.chart_style import LABEL_COLOUR, PREDICTED_COLOUR, TRUE_COLOUR, make_axes


@dataclass(frozen=True)
class Options:
    """What to draw."""

    scores: dict[str, Path]
    """Names of what was learned from, and the files; all with the same runs on the true reward."""
    levels: dict[str, float] = field(default_factory=dict)
    """Lines of others, drawn across."""
    out: Path = Path(".benchmarks/tetris.png")
    """The picture."""


def main(options: Options) -> None:
    """Draw."""
    found = {name: json.loads(path.read_text())[0] for name, path in options.scores.items()}
    first = next(iter(found.values()))
    groups = {"random": [first["random"]], "true reward": first["true_returns"]}
    groups |= {name: row["learned_returns"] for name, row in found.items()}
    figure, axes = make_axes("Tetris 10×10: lines a game", 8, 4)
    for place, (name, lines) in enumerate(groups.items()):
        colour = PREDICTED_COLOUR if name in found else TRUE_COLOUR
        mean = sum(lines) / len(lines)
        axes.scatter([place] * len(lines), lines, s=16, color=colour, alpha=0.6, linewidths=0)
        axes.hlines(mean, place - 0.25, place + 0.25, color=colour)
        axes.annotate(
            f"{mean:,.0f}" if mean > 10 else f"{mean:.2f}",
            (place + 0.28, mean),
            va="center",
            color=colour,
        )
    for name, level in options.levels.items():
        axes.axhline(level, color=LABEL_COLOUR, linestyle=":", linewidth=1)
        axes.annotate(name, (-0.45, level), va="bottom", fontsize=8, color=LABEL_COLOUR)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_xlim(-0.5, len(groups) - 0.4)
    figure.savefig(options.out, facecolor="white")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
