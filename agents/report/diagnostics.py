"""What a report says of a learned reward, in plain words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .charts import calibration_chart, returns_chart
from .reward_diagnostics import (
    Judged,
    JudgedSegments,
    calibration,
    expected_calibration_error,
    loss_scale,
    rank_correlation,
)


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: what it is, its value, and its length in percent."""

    name: str
    value: float
    percent: float


@dataclass(frozen=True)
class Diagnostic:
    """A number about the learned reward, explained.

    Attributes:
        name: What is measured.
        value: The number, in words.
        text: What it means, in plain words.
        note: What else must be known to read it; may be empty.
        chart: A picture of it; may be empty.
        bars: Values to compare it with; may be empty.
    """

    name: str
    value: str
    text: str
    note: str = ""
    chart: str = ""
    bars: Sequence[Bar] = ()


def calibration_diagnostic(judged: Sequence[Judged], noise: float) -> Diagnostic:
    """Return whether the model is as often right as it is sure.

    Args:
        judged: At least one comparison.
        noise: The share of random answers that the fit assumed.
    """
    bins = calibration(judged)
    error = expected_calibration_error(bins)
    sure = float(np.mean([one.confidence for one in judged]))
    right = float(np.mean([one.rightness for one in judged]))
    more = "more" if right > sure else "less"
    description = "; ".join(
        f"{one.confidence:.0%} sure, right in {one.rightness:.0%} of {one.count}" for one in bins
    )
    return Diagnostic(
        name="Calibration",
        value=f"{error:.3f} ECE",
        text=(
            "Where the model is 80% sure, its favourite should win 80% of the time; it is off by "
            f"{error:.0%} on average (the expected calibration error), and right {more} often than "
            f"it is sure: {right:.0%} against {sure:.0%}."
        ),
        note=_never_surer(judged, noise)
        + "Points on the dotted line would be perfect; figures beside them are comparisons, lines "
        "95% intervals.",
        chart=calibration_chart(bins, "calibration", f"Calibration: {description}."),
    )


def loss_diagnostic(judged: Sequence[Judged], noise: float) -> Diagnostic:
    """Return how surprised the model is by verdicts, against what can be expected.

    Args:
        judged: At least one comparison.
        noise: The share of random answers that the fit assumed.
    """
    loss = float(np.mean([one.loss for one in judged]))
    scale = loss_scale(judged, noise)
    values = [
        ("guessing", scale.guessing),
        ("this model", loss),
        (f"entropy floor: a teacher at random in {noise:.0%}", scale.noisy_teacher),
        ("least possible on these answers", scale.least),
    ]
    longest = max(value for _, value in values)
    return Diagnostic(
        name="Log-loss",
        value=f"{loss:.3f} nats",
        text=(
            "How surprised the model is by an answer that it was not fitted to, on average: "
            f"guessing gives {scale.guessing:.3f}, and a perfect model of the teacher that the "
            f"fit assumes, who answers {noise:.0%} of questions at random, "
            f"{scale.noisy_teacher:.3f}."
        ),
        note=(
            f"A teacher who answers less at random can be foretold better, down to "
            f"{scale.least:.3f} on these answers."
        ),
        bars=[Bar(name, value, 100 * value / longest) for name, value in values],
    )


def rank_diagnostic(segments: JudgedSegments) -> Diagnostic:
    """Return whether the model orders segments as the true reward does.

    Args:
        segments: Segments with predicted and true returns.
    """
    correlation = rank_correlation(segments.predicted, segments.true)
    name = "Order of segments"
    if math.isnan(correlation):
        reason = "Nothing can be said: there are no segments to judge whose returns differ."
        return Diagnostic(name, "unknown", reason)
    description = f"Scatter plot of {len(segments.true)} segments: predicted over true return."
    return Diagnostic(
        name=name,
        value=f"{correlation:.2f} Spearman correlation".replace("-", "−"),
        text=(
            "Whether the learned reward puts segments into the order of their true returns: 1 is "
            "the same order, 0 is no relation, −1 the opposite order."
        ),
        note=f"Of {len(segments.true)} segments, each judged by members new to it.",
        chart=returns_chart(segments, "returns", description),
    )


def _never_surer(judged: Sequence[Judged], noise: float) -> str:
    if not noise:
        return ""
    fewest = min(len(one.probabilities) for one in judged)
    return (
        f"The fit takes {noise:.0%} of answers to be random, so the model is never surer than "
        f"{1 - noise + noise / fewest:.0%}. "
    )
