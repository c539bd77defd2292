"""The clips of a report, held in the page itself."""

import base64
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prefrl.agents.plain_numbers import number
from prefrl.agents.policy_snapshots import snapshot_steps
from prefrl.agents.settings import RunSettings
from prefrl.agents.watching import film_run
from prefrl.clips import write_comparison_clip
from prefrl.segment_drawing import SegmentDrawer

from .reward_diagnostics import Judged

AGENT_SECONDS = 5.0
"""The longest duration of a clip of the agent, in seconds."""

SIZE = 256
"""Height and width of drawn robots, in pixels."""


@dataclass(frozen=True)
class Clip:
    """A film and what to say of it.

    Attributes:
        heading: What it shows, in a few words.
        text: More about it, in a sentence or two; may be empty.
        source: A data URL that holds the film.
    """

    heading: str
    text: str
    source: str


def agent_clips(
    folder: Path,
    returns: Mapping[int, float | None],
    progress: Callable[[float], None] = lambda share: None,
) -> list[Clip]:
    """Return clips of a run's agent at the start, in the middle and at the end of its training.

    Of a run that kept no policies over training there is only the newest.

    Args:
        folder: The run's folder.
        returns: Mean true returns in training after so many steps, where they are known.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the agent cannot be loaded or drawn.
    """
    chosen = _chosen(snapshot_steps(folder))
    clips = []
    for place, (heading, steps) in enumerate(chosen):
        source = _film(
            partial(film_run, folder, steps=steps, seconds=AGENT_SECONDS, size=SIZE, hold=True)
        )
        clips.append(Clip(heading, _when(steps, returns), source))
        progress((place + 1) / len(chosen))
    return clips


def comparison_clips(
    judged: Sequence[Judged],
    headings: Sequence[str],
    settings: RunSettings,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Clip]:
    """Return clips of comparisons, with the verdict and what the model thought.

    Args:
        judged: The comparisons.
        headings: Of each clip.
        settings: The run's.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If a segment cannot be drawn.
    """
    drawer = SegmentDrawer(settings.env, settings.env_kwargs, size=SIZE)
    clips = []
    try:
        for place, (one, heading) in enumerate(zip(judged, headings, strict=True)):
            segments = one.comparison.query.segments
            source = _film(partial(write_comparison_clip, segments=segments, drawer=drawer))
            clips.append(Clip(heading, opinion(one), source))
            progress((place + 1) / len(judged))
    finally:
        drawer.close()
    return clips


def most_and_least_certain(
    judged: Sequence[Judged], count: int
) -> tuple[list[Judged], list[Judged]]:
    """Return the comparisons that the model is surest of, and others that it is least sure of.

    Args:
        judged: Comparisons with predictions.
        count: How many of each at most; there are fewer, and none twice, where there are too few.
    """
    ordered = sorted(judged, key=lambda one: -one.confidence)
    most = ordered[: min(count, (len(ordered) + 1) // 2)]
    least = ordered[len(most) :][-count:]
    return most, least[::-1]


def _place(index: int, size: int) -> str:
    return f"the {('left', 'right')[index]} clip" if size == 2 else f"clip {index + 1} of {size}"


def opinion(judged: Judged, place: Callable[[int, int], str] = _place) -> str:
    """Return in words whom the teacher named, and how sure the model was of whom.

    Args:
        judged: The comparison.
        place: Names one of the options by its index, given how many there are.
    """
    size = len(judged.probabilities)
    verdict, favourite = judged.comparison.verdict, place(judged.favourite, size)
    if verdict == "tie":
        return (
            f"The teacher called it a tie; the model gave {judged.confidence:.0%} to {favourite}."
        )
    chose = f"The teacher chose {place(int(verdict), size)}"
    if verdict == judged.favourite:
        return f"{chose}; the model agreed, {judged.confidence:.0%} sure."
    return f"{chose}; the model disagreed, {judged.confidence:.0%} sure of {favourite}."


def _when(steps: int | None, returns: Mapping[int, float | None]) -> str:
    if steps is None:
        return ""
    known = returns.get(steps)
    shown = "" if known is None else f": true return in training {number(known)}"
    return f"after {steps:,} steps{shown}"


def _chosen(steps: Sequence[int]) -> list[tuple[str, int | None]]:
    if not steps:
        return [("The newest policy", None)]
    named = {"Start": steps[0], "Middle": steps[len(steps) // 2], "End": steps[-1]}
    by_steps = {count: name for name, count in named.items()}  # a run of one policy has no middle
    return [(by_steps[count], count) for count in sorted(by_steps)]


def _film(write: Callable[[Path], None]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write(path)
        encoded = base64.b64encode(path.read_bytes()).decode()
    return f"data:video/mp4;base64,{encoded}"
