"""The learning curve of a run as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .chart_style import LABEL_COLOUR, PREDICTED_COLOUR, TRUE_COLOUR, make_axes

TRUE = "true return"
UNSEEN = "true return (never seen by the agent)"
PREDICTED = "predicted return (in units that each fit sets anew)"

MOST_STEPS = 5
"""Numbers of steps written below at most."""

MOST_NUMBERS = 8
"""Marks of labels that are numbered at most; more would overlap."""


def draw_curve(path: Path, rows: Sequence[dict[str, Any]], title: str) -> None:
    """Write the learning curve as a picture.

    Args:
        path: The PNG file to write.
        rows: A run's metrics, one row per round.
        title: What the picture is of.
    """
    learning_curve(rows, title).savefig(path, facecolor="white")


def learning_curve(
    rows: Sequence[dict[str, Any]], title: str = "", width: float = 8, height: float = 4.5
) -> Figure:
    """Draw true and predicted return against steps, with a mark where labels were asked.

    Args:
        rows: A run's metrics, one row per round.
        title: What the picture is of.
        width: In inches.
        height: In inches.
    """
    figure, true_axes = make_axes(title, width, height)
    predicted = any(row.get("predicted_return") is not None for row in rows)
    true_axes.spines["right"].set_visible(predicted)
    _plot(true_axes, rows, "true_return", UNSEEN if predicted else TRUE, TRUE_COLOUR)
    handles = true_axes.get_lines()
    true_axes.set_xlabel("environment steps")
    true_axes.xaxis.set_major_locator(MaxNLocator(MOST_STEPS))
    true_axes.xaxis.set_major_formatter("{x:,.0f}")
    if predicted:
        true_axes.set_xlabel("environment steps (above: labels given)")
        predicted_axes = true_axes.twinx()
        predicted_axes.spines[:].set_visible(False)
        _plot(predicted_axes, rows, "predicted_return", PREDICTED, PREDICTED_COLOUR)
        _mark_labels(true_axes, rows)
        handles = [*handles, *predicted_axes.get_lines()]
    figure.legend(
        handles=handles, frameon=False, loc="outside lower center", labelcolor="linecolor"
    )
    return figure


def _plot(axes: Axes, rows: Sequence[dict[str, Any]], name: str, label: str, colour: str) -> None:
    points = [(row["steps"], row[name]) for row in rows if row.get(name) is not None]
    steps, values = zip(*points, strict=True) if points else ((), ())
    line, marker = ("-", "o") if name == "true_return" else ("--", "s")
    axes.plot(steps, values, line, color=colour, marker=marker, markersize=3, label=label)
    axes.set_ylabel(label.split(" (")[0], color=colour)
    axes.tick_params(axis="y", colors=colour)


def _mark_labels(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    given = [(row["steps"], row["labels"]) for row in rows]
    before = [0, *(labels for _, labels in given)]
    marks = [mark for mark, former in zip(given, before, strict=False) if mark[1] > former]
    every = -(-len(marks) // MOST_NUMBERS)
    for place, (steps, labels) in enumerate(reversed(marks)):
        axes.axvline(steps, color=LABEL_COLOUR, alpha=0.35, linewidth=1, zorder=0)
        if place % every == 0:
            axes.annotate(
                f"{labels:.0f}",
                (steps, 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                fontsize=7,
                color=LABEL_COLOUR,
            )
