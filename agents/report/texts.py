"""What a report shows of runs whose agent writes texts: curves, samples, comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from prefrl.agents.plain_numbers import number
from prefrl.agents.settings import RunSettings
from prefrl.agents.text.samples import SamplePair, compare_agent, sample_pairs
from prefrl.segment_texts import SegmentReader, SegmentText

from .charts import metric_chart, wilson
from .clips import opinion
from .reward_diagnostics import Judged

JUDGED, SHOWN = 256, 20
"""Prompts that the win rate is of, and how many of them are shown."""


@dataclass(frozen=True)
class Samples:
    """What the agent writes, compared with the reference.

    Attributes:
        pairs: Some of the texts.
        win_rate: Share of prompts for which the agent's text scores higher; ties count half.
        interval: Wilson's 95 % interval of it.
        count: How many prompts.
        kl: In nats per text.
    """

    pairs: Sequence[SamplePair]
    win_rate: float
    interval: tuple[float, float]
    count: int
    kl: float


@dataclass(frozen=True)
class TextComparison:
    """A comparison to be read.

    Attributes:
        heading: What it shows, in a few words.
        text: What teacher and model thought.
        options: The texts that were compared.
    """

    heading: str
    text: str
    options: Sequence[SegmentText]


def agent_samples(folder: Path) -> Samples:
    """Return what a run's newest agent writes.

    Raises:
        UserError: If the folder holds no agent.
    """
    found = compare_agent(folder, JUDGED)
    low, high = wilson(np.array(found.win_rate), np.array(JUDGED))
    pairs = sample_pairs(folder, found)[:SHOWN]
    return Samples(pairs, found.win_rate, (float(low), float(high)), JUDGED, found.kl)


def text_charts(rows: Sequence[dict[str, Any]]) -> dict[str, Markup]:
    """Return the curves of win rate and KL, where there are any rounds yet."""
    charts = {}
    for name, metric, label, level in (
        ("win_rate", "evaluation/win_rate", "win rate over the reference", 0.5),
        ("kl", "evaluation/kl", "KL to the reference (nats per text)", None),
    ):
        known = [row[metric] for row in rows if row.get(metric) is not None]
        if known:
            said = f"Line chart: {label} goes from {number(known[0])} to {number(known[-1])}."
            charts[name] = metric_chart(rows, metric, label, name, said, level=level)
    return charts


def text_comparisons(
    judged: Sequence[Judged], headings: Sequence[str], settings: RunSettings
) -> list[TextComparison]:
    """Return comparisons with the verdict and what the model thought.

    Args:
        judged: The comparisons.
        headings: Of each.
        settings: The run's.
    """
    reader = SegmentReader(settings.env, settings.env_kwargs)
    return [
        TextComparison(
            heading,
            opinion(one, lambda index, size: f"text {index + 1}"),
            [reader.read(segment) for segment in one.comparison.query.segments],
        )
        for one, heading in zip(judged, headings, strict=True)
    ]
