"""The charts of a report, as SVG that takes its colours from the page."""

import re
from collections.abc import Sequence
from io import StringIO
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrl.agents.chart_style import (
    COLOURS,
    INK,
    LABEL_COLOUR,
    PREDICTED_COLOUR,
    TRUE_COLOUR,
    make_axes,
)
from prefrl.agents.curve import MOST_STEPS, learning_curve

from .reward_diagnostics import Bin, JudgedSegments

WIDTH, HEIGHT = 4.0, 2.9
"""Of a chart in inches; small, so that its letters can be read on a telephone."""

SMALL_WIDTH, SMALL_HEIGHT = 3.4, 2.6
"""Of a chart that shares its row with two others."""

MOST_POINTS = 500
"""Points of a scatter plot at most, so that a report of many labels stays small."""

_ABOVE_LINE: dict[str, Any] = {"ha": "right", "va": "bottom", "color": LABEL_COLOUR}

_STYLE: dict[Any, Any] = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8.5}


def curve_chart(rows: Sequence[dict[str, Any]], name: str, description: str) -> Markup:
    """Return true and predicted return over steps (see `learning_curve`)."""
    with matplotlib.rc_context(_STYLE):
        return inline_svg(learning_curve(rows, "", WIDTH, HEIGHT), name, description)


def accuracy_chart(rows: Sequence[dict[str, Any]], name: str, description: str) -> Markup:
    """Return held-out accuracy over labels.

    Args:
        rows: A run's metrics, one row per round.
        name: A word that no other chart of the page has.
        description: What the chart shows, for those who do not see it.
    """
    points = [(row["labels"], row["reward/heldout_accuracy"]) for row in accuracy_rows(rows)]
    with matplotlib.rc_context(_STYLE):
        figure, axes = make_axes("", WIDTH, HEIGHT)
        axes.spines["right"].set_visible(False)
        axes.plot(*np.transpose(points), "-", marker="o", markersize=3, color=TRUE_COLOUR)
        axes.axhline(0.5, color=LABEL_COLOUR, linestyle=":", linewidth=1)
        axes.text(1, 0.5, "guessing", **_ABOVE_LINE, transform=axes.get_yaxis_transform())
        lowest = min(accuracy for _, accuracy in points)
        axes.set(xlabel="labels given", ylabel="held-out accuracy", ylim=(min(0.4, lowest), 1.02))
        axes.yaxis.set_major_formatter("{x:.0%}")
        return inline_svg(figure, name, description)


def metric_chart(
    rows: Sequence[dict[str, Any]],
    metric: str,
    label: str,
    name: str,
    description: str,
    *,
    level: float | None = None,
) -> Markup:
    """Return a metric over steps.

    Args:
        rows: A run's metrics, one row per round, some with this one.
        metric: Its name.
        label: What it is.
        name: A word that no other chart of the page has.
        description: What the chart shows, for those who do not see it.
        level: Where to draw a line to compare with, or None.
    """
    points = [(row["steps"], row[metric]) for row in rows if row.get(metric) is not None]
    with matplotlib.rc_context(_STYLE):
        figure, axes = make_axes("", WIDTH, HEIGHT)
        axes.spines["right"].set_visible(False)
        axes.plot(*np.transpose(points), "-", marker="o", markersize=3, color=TRUE_COLOUR)
        if level is not None:
            axes.axhline(level, color=LABEL_COLOUR, linestyle=":", linewidth=1)
        axes.set(xlabel="tokens", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(MOST_STEPS))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        return inline_svg(figure, name, description)


def accuracy_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last row of each number of labels that has a held-out accuracy."""
    known = [row for row in rows if row.get("reward/heldout_accuracy") is not None]
    return list({row["labels"]: row for row in known}.values())


def calibration_chart(bins: Sequence[Bin], name: str, description: str) -> Markup:
    """Return how often the model's favourite won, over how sure the model was.

    Args:
        bins: At least one bin.
        name: A word that no other chart of the page has.
        description: What the chart shows, for those who do not see it.
    """
    confidence = np.array([one.confidence for one in bins])
    rightness = np.array([one.rightness for one in bins])
    counts = np.array([one.count for one in bins])
    with matplotlib.rc_context(_STYLE):
        figure, axes = make_axes("", SMALL_WIDTH, SMALL_HEIGHT)
        axes.spines["right"].set_visible(False)
        low = min(0.5, float(confidence.min()))
        axes.plot([low, 1], [low, 1], ":", color=LABEL_COLOUR, linewidth=1)
        axes.vlines(confidence, *wilson(rightness, counts), color=PREDICTED_COLOUR, alpha=0.6)
        axes.plot(confidence, rightness, "o", color=PREDICTED_COLOUR, markersize=6)
        for place in zip(confidence, rightness, counts, strict=True):
            text, point = f"{place[2]}", place[:2]
            axes.annotate(text, point, (6, -1), textcoords="offset points", va="top", color=INK)
        lowest = min(0.4, float(wilson(rightness, counts)[0].min()))
        axes.set(xlabel="how sure the model was", ylabel="its favourite won", ylim=(lowest, 1.04))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:.0%}")
        return inline_svg(figure, name, description)


def returns_chart(judged: JudgedSegments, name: str, description: str) -> Markup:
    """Return predicted over true returns of segments.

    Args:
        judged: At least one segment.
        name: A word that no other chart of the page has.
        description: What the chart shows, for those who do not see it.
    """
    kept = slice(None, None, -(-len(judged.true) // MOST_POINTS))
    with matplotlib.rc_context(_STYLE):
        figure, axes = make_axes("", SMALL_WIDTH, SMALL_HEIGHT)
        axes.spines["right"].set_visible(False)
        points = judged.true[kept], judged.predicted[kept]
        axes.plot(*points, "o", color=PREDICTED_COLOUR, markersize=3, alpha=0.6)
        axes.set(xlabel="true return of the segment", ylabel="predicted return")
        return inline_svg(figure, name, description)


def wilson(share: np.ndarray, count: np.ndarray, z: float = 1.96) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's 95 % interval of shares."""
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    spread = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return centre - spread, centre + spread


def inline_svg(figure: Figure, name: str, description: str) -> Markup:
    """Return a figure as an SVG element whose colours follow the page's, and its letters too.

    Args:
        figure: Drawn in `COLOURS` only.
        name: A word that no other chart of the page has, since ids in a page are unique.
        description: What the chart shows, for those who do not see it.
    """
    file = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    # What names other sites, styles of its own that would reach the whole page, and fonts.
    unwanted = r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|font-family: [^;\"]*;?"
    svg = re.sub(unwanted, "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="|\bhref="#|url\(#', rf"\g<0>{name}-", svg).replace("xlink:href", "href")
    for colour, value in COLOURS.items():
        svg = svg.replace(value, f"var(--{colour})")
    view = re.search(r'viewBox="[^"]+"', svg)
    assert view is not None
    opening = f'<svg role="img" aria-label="{escape(description)}" {view[0]}>'
    return Markup(re.sub(r"<svg[^>]*>", lambda _: opening, svg, count=1))
