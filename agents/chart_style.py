"""How all charts of runs look: sizes, colours that have names, and what they are called."""

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes  # after the backend, which needs no display
from matplotlib.figure import Figure

TRUE_COLOUR, PREDICTED_COLOUR, LABEL_COLOUR = "#1b6ca8", "#d1603d", "#8a8f98"
INK = "#1f2328"
COLOURS = {
    "true": TRUE_COLOUR,
    "predicted": PREDICTED_COLOUR,
    "label": LABEL_COLOUR,
    "ink": INK,
}
"""The colours that charts are made of, by names under which a page may give them others."""


def make_axes(title: str, width: float, height: float, dpi: int = 120) -> tuple[Figure, Axes]:
    """Return a figure with axes in the style of all charts.

    Args:
        title: What the picture is of; may be empty.
        width: In inches of `dpi` pixels.
        height: In inches.
        dpi: Dots per inch of pictures made of dots.
    """
    figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    if title:
        axes.set_title(title, loc="left", pad=18, color=INK)
    axes.spines["top"].set_visible(False)
    axes.spines[["left", "bottom", "right"]].set_color(LABEL_COLOUR)
    axes.tick_params(color=LABEL_COLOUR, labelcolor=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.grid(axis="y", color=LABEL_COLOUR, alpha=0.25)
    return figure, axes
