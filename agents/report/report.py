"""A run's report: one page of results, curves, diagnostics and clips that needs no network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from prefrl.agents.metrics import read_metrics
from prefrl.agents.plain_numbers import duration, number, percent
from prefrl.agents.run_folder import open_store, read_config, read_settings
from prefrl.agents.settings import RunSettings
from prefrl.checkpoints import newest_checkpoint
from prefrl.errors import UserError
from prefrl.reward_files import load_reward

from .charts import accuracy_chart, accuracy_rows, curve_chart
from .clips import Clip, agent_clips, comparison_clips, most_and_least_certain
from .diagnostics import (
    Diagnostic,
    calibration_diagnostic,
    loss_diagnostic,
    rank_diagnostic,
)
from .facts import read_facts
from .labellers import read_labellers
from .reward_diagnostics import Judged, judge_comparisons, judge_segments
from .texts import agent_samples, text_charts, text_comparisons

REPORT = "report.html"

COMPARISONS_SHOWN = 2
"""Comparisons shown that the model is surest of, and as many that it is least sure of."""

ON_TRUE_REWARD = "This run trained on the true reward, so no reward was learned."
NOTHING_JUDGED = "There is no comparison yet that some member was not fitted to."


@dataclass(frozen=True)
class Clips:
    """Clips, or the reason why there are none."""

    clips: Sequence[Clip] = ()
    reason: str = ""


@dataclass(frozen=True)
class Reward:
    """What can be said of the learned reward, or the reason why nothing can.

    Attributes:
        judged: Comparisons with held-out predictions.
        comparisons: How many comparisons there are.
        diagnostics: What is said.
        reason: Why nothing can be said; else empty.
    """

    judged: Sequence[Judged] = ()
    comparisons: int = 0
    diagnostics: Sequence[Diagnostic] = ()
    reason: str = ""


def write_report(folder: Path, *, progress: Callable[[float], None] = lambda share: None) -> Path:
    """Write `report.html` in a run's folder, as of its newest checkpoint.

    What cannot be drawn is said in the report instead.

    Args:
        folder: The run's folder.
        progress: Called with the share of clips drawn, in (0, 1].

    Returns:
        The file.

    Raises:
        UserError: If the folder is no run, or has no whole checkpoint or no readable label store.
    """
    config, settings = read_config(folder), read_settings(folder)
    newest_checkpoint(folder)
    rows = read_metrics(folder)
    reward = _judge_reward(folder, settings)
    page = _render(
        name=folder.resolve().name,
        env=settings.env.rpartition(":")[2],
        settings=settings,
        command=config.get("command"),
        versions=config.get("versions", {}),
        facts=read_facts(folder, rows),
        rows=rows,
        charts=_charts(rows, settings),
        reward=reward,
        labellers=read_labellers(folder, settings),
        **_shown(folder, settings, rows, reward, progress),
    )
    progress(1.0)
    path = folder / REPORT
    partial = path.with_suffix(".partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(path)
    return path


def _shown(
    folder: Path,
    settings: RunSettings,
    rows: Sequence[dict[str, Any]],
    reward: Reward,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Return what the report shows of behaviour: texts to read, or films."""
    if settings.language is not None:
        return {
            "samples": agent_samples(folder),
            "readings": text_comparisons(*_extremes(reward), settings),
        }
    return {
        "samples": None,
        "agent": _clips_or_reason(
            lambda: agent_clips(folder, _true_returns(rows), lambda share: progress(share / 2))
        ),
        "comparisons": _clips_or_reason(
            lambda: comparison_clips(
                *_extremes(reward), settings, lambda share: progress((1 + share) / 2)
            )
        ),
    }


def _render(**values: Any) -> str:
    here = files(__package__)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "duration": duration, "percent": percent}
    template = environment.from_string((here / "report.html.jinja").read_text("utf-8"))
    css = Markup((here / "report.css").read_text("utf-8"))
    return template.render(css=css, **values)


def _charts(rows: Sequence[dict[str, Any]], settings: RunSettings) -> dict[str, Markup]:
    charts = {}
    known = [row["true_return"] for row in rows if row["true_return"] is not None]
    if known:
        said = f"Line chart: the true return goes from {number(known[0])} to {number(known[-1])}"
        charts["curve"] = curve_chart(rows, "curve", f"{said} over {rows[-1]['steps']:,} steps.")
    judged = accuracy_rows(rows)
    if settings.reward == "learned" and judged:
        first, last = (judged[place]["reward/heldout_accuracy"] for place in (0, -1))
        said = f"Line chart: held-out accuracy goes from {first:.0%} to {last:.0%}"
        labels = f"{judged[-1]['labels']:.0f} labels"
        charts["accuracy"] = accuracy_chart(rows, "accuracy", f"{said} over {labels}.")
    return charts | text_charts(rows)


def _judge_reward(folder: Path, settings: RunSettings) -> Reward:
    if settings.reward == "true":
        return Reward(reason=ON_TRUE_REWARD)
    stored = open_store(folder).comparisons(settings.run)
    comparisons = [one for one in stored if one.verdict != "skip"]
    model, noise = load_reward(folder), settings.preferences.noise
    judged = judge_comparisons(model, comparisons, seed=settings.seed, noise=noise)
    if not judged:
        return Reward(comparisons=len(comparisons), reason=NOTHING_JUDGED)
    segments = judge_segments(model, comparisons, seed=settings.seed)
    diagnostics = [
        calibration_diagnostic(judged, noise),
        loss_diagnostic(judged, noise),
        rank_diagnostic(segments),
    ]
    return Reward(judged, len(comparisons), diagnostics)


def _true_returns(rows: Sequence[dict[str, Any]]) -> dict[int, float | None]:
    return {row["steps"]: row["true_return"] for row in rows}


def _extremes(reward: Reward) -> tuple[list[Judged], list[str]]:
    """Return the comparisons to show, and what each is."""
    most, least = most_and_least_certain(reward.judged, COMPARISONS_SHOWN)
    return [*most, *least], ["Surest"] * len(most) + ["Least sure"] * len(least)


def _clips_or_reason(draw: Callable[[], list[Clip]]) -> Clips:
    try:
        return Clips(draw())
    except UserError as error:
        return Clips(reason=str(error))
