"""The learning curve of a run as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes  # after the backend, which needs no display
from matplotlib.figure import Figure

TRUE = "true return (never seen by the agent)"
PREDICTED = "predicted return (in units that each fit sets anew)"
TRUE_COLOUR, PREDICTED_COLOUR, LABEL_COLOUR = "#1b6ca8", "#d1603d", "#8a8f98"


def draw_curve(path: Path, rows: Sequence[dict[str, Any]], title: str) -> None:
    """Draw true and predicted return against steps, with a mark where labels were asked.

    Args:
        path: The PNG file to write.
        rows: A run's metrics, one row per round.
        title: What the picture is of.
    """
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    true_axes = figure.add_subplot()
    _style(true_axes, title)
    _plot(true_axes, rows, "true_return", TRUE, TRUE_COLOUR)
    handles = true_axes.get_lines()
    if any(row.get("predicted_return") is not None for row in rows):
        predicted_axes = true_axes.twinx()
        predicted_axes.spines["top"].set_visible(False)
        _plot(predicted_axes, rows, "predicted_return", PREDICTED, PREDICTED_COLOUR)
        _mark_labels(true_axes, rows)
        handles = [*handles, *predicted_axes.get_lines()]
    figure.legend(handles=handles, frameon=False, loc="outside lower center")
    figure.savefig(path)


def _style(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", pad=18)
    axes.set_xlabel("environment steps (above: labels given)")
    axes.spines["top"].set_visible(False)
    axes.grid(axis="y", alpha=0.25)


def _plot(axes: Axes, rows: Sequence[dict[str, Any]], name: str, label: str, colour: str) -> None:
    points = [(row["steps"], row[name]) for row in rows if row.get(name) is not None]
    steps, values = zip(*points, strict=True) if points else ((), ())
    dashes = "-" if name == "true_return" else "--"
    axes.plot(steps, values, dashes, color=colour, marker="o", markersize=3, label=label)
    axes.set_ylabel(label.split(" (")[0], color=colour)
    axes.tick_params(axis="y", colors=colour)


def _mark_labels(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    asked = 0
    for row in rows:
        if row["labels"] > asked:
            asked = row["labels"]
            axes.axvline(row["steps"], color=LABEL_COLOUR, alpha=0.35, linewidth=1, zorder=0)
            axes.annotate(
                f"{asked:.0f}",
                (row["steps"], 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                fontsize=6,
                color=LABEL_COLOUR,
            )
