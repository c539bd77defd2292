"""The report: one page that needs nothing else, says what is so, and escapes what is foreign."""

import base64
import dataclasses
import itertools
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gymnasium
import numpy as np
import pytest

from prefrl.agents.chart_style import COLOURS
from prefrl.agents.report.charts import calibration_chart, returns_chart
from prefrl.agents.report.clips import most_and_least_certain, opinion
from prefrl.agents.report.diagnostics import (
    calibration_diagnostic,
    loss_diagnostic,
    rank_diagnostic,
)
from prefrl.agents.report.report import ON_TRUE_REWARD, write_report
from prefrl.agents.report.reward_diagnostics import (
    Bin,
    Judged,
    JudgedSegments,
    noisy_teacher_entropy,
)
from prefrl.agents.run_folder import create_run_folder, write_json
from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.agents.training import Training
from prefrl.bradley_terry import verdict_targets
from prefrl.errors import UserError
from prefrl.preference_learner import PreferenceSettings
from prefrl.queries import Comparison, Query, QueryKey, Verdict
from prefrl.segments import Segment

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects elements, and fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1], " ".join(data.split())))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def said(self) -> str:
        return " ".join(text for tag, text in self.texts if tag not in ("style", "script"))


class Shown(gymnasium.Env[Any, Any]):
    """One step's reward is its action; drawn as a grey of that brightness."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
    dt = 0.1

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.action = 0.0
        return self.np_random.uniform(-1, 1, 2).astype(np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.action = float(action[0])
        observation = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return observation, self.action, False, False, {}

    def snapshot(self) -> Any:
        return np.array([self.action])

    def draw(self, snapshot: Any) -> Any:
        return np.full((16, 16, 3), 128 + 100 * snapshot[0], np.uint8)


@pytest.fixture(scope="module")
def shown_env() -> Iterator[str]:
    gymnasium.register("Shown-v0", lambda **_: Shown(), max_episode_steps=20)
    yield "Shown-v0"
    del gymnasium.registry["Shown-v0"]


def report_of(settings: RunSettings, folder: Path, **config: Any) -> Page:
    create_run_folder(folder, settings, ["prefrl", "train", settings.env])
    if config:
        path = folder / "config.json"
        write_json(path, {**json.loads(path.read_text()), **config})
    Training(settings, folder, Mock()).run()
    return Page(write_report(folder).read_text("utf-8"))


@pytest.fixture(scope="module")
def page(shown_env: str, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of a run in an environment that can be drawn; made once, since films take time."""
    ppo = PPOSettings(num_envs=4, n_steps=32, batch_size=64, n_epochs=1, hidden=(8,))
    preferences = PreferenceSettings(segment_length=5, first_epochs=5)
    settings = RunSettings(shown_env, "shown", steps=640, labels=30, rounds=2, ppo=ppo)
    settings = dataclasses.replace(settings, preferences=preferences)
    return report_of(settings, tmp_path_factory.mktemp("runs") / "run")


def test_the_page_needs_nothing_else(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "poster", "srcset", "xlink:href", "action", "data"):
            link = attributes.get(name)
            assert link is None or link.startswith(("data:", "#")), (tag, name, link)
        for value in attributes.values():
            assert not re.search(r"https?:|url\((?!#)", (value or "")[:500]), (tag, value)
    for tag, text in page.texts:
        if tag in ("style", "script"):
            assert not re.search(r"https?:|//\w|@import|url\(", text), tag


def test_references_within_the_page_lead_somewhere(page: Page) -> None:
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    text = " ".join(f"{value}" for _, attributes in page.elements for value in attributes.values())
    used = re.findall(r"url\(#([^)]+)\)", text)
    used += [a["href"][1:] for a in page.all("use") if a["href"]]
    used += [a["aria-labelledby"] for a in page.all("section") if a["aria-labelledby"]]
    assert used
    assert set(used) <= set(identities)


def test_films_are_in_the_page_and_can_be_understood_without_being_seen(page: Page) -> None:
    films = page.all("video")
    assert len(films) == 3 + 4
    for film in films:
        assert {"muted", "loop", "playsinline", "controls"} <= film.keys()
        assert film["aria-label"]
        head, _, data = (film["src"] or "").partition(",")
        assert head == "data:video/mp4;base64"
        assert base64.b64decode(data)[4:8] == b"ftyp"


def test_charts_have_descriptions_and_headings_descend(page: Page) -> None:
    charts = page.all("svg")
    assert len(charts) == 4
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert all("lang" in attributes for attributes in page.all("html"))


def test_what_made_the_run_is_said(page: Page) -> None:
    assert ("code", "prefrl train Shown-v0") in page.texts
    assert re.search(r"python 3\.\d+", page.said)
    assert "numpy " + np.__version__ in page.said


def test_an_unfinished_run_is_called_so_and_a_finished_one_not(
    settings: RunSettings, tmp_path: Path
) -> None:
    assert "not finished" in report_of(settings, tmp_path / "run").said
    result = {"true_return_mean": 12345.6, "true_return_std": 7.0, "eval_episodes": 20}
    result |= {"reward_heldout_accuracy": 0.875, "labels": 40, "env_steps": 1280}
    write_json(tmp_path / "run" / "result.json", {**result, "wall_seconds": 75.0})
    finished = Page(write_report(tmp_path / "run").read_text("utf-8")).said
    assert "not finished" not in finished
    for fact in ("12,346", "± 7.00 over 20 episodes", "88%", "1,280", "1 min 15 s"):
        assert fact in finished


def test_a_run_on_the_true_reward_says_so(settings: RunSettings, tmp_path: Path) -> None:
    page = report_of(dataclasses.replace(settings, reward="true"), tmp_path / "run")
    assert ON_TRUE_REWARD in page.said
    assert len(page.all("svg")) == 1
    assert "never seen by the agent" not in page.said


def test_what_cannot_be_drawn_is_said(settings: RunSettings, tmp_path: Path) -> None:
    page = report_of(settings, tmp_path / "run")
    assert page.all("video") == []
    assert page.said.count("No clips: ") == 2
    assert "cannot be drawn" in page.said


def test_foreign_text_is_escaped(settings: RunSettings, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror='alert(2)'>"
    settings = dataclasses.replace(settings, reward="true")
    page = report_of(settings, tmp_path / "<b>&amp;", command=evil, versions={evil: evil})
    assert len(page.all("script")) == 1
    assert page.all("img") == page.all("b") == []
    assert ("code", evil) in page.texts
    assert "Report of the run <b>&amp;" in page.said


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run"):
        write_report(tmp_path)


def test_a_run_without_a_whole_checkpoint(folder: Path) -> None:
    with pytest.raises(UserError, match="has no whole checkpoint"):
        write_report(folder)
    assert not list(folder.glob("report*"))


def make_judged(*probabilities: float, verdict: Verdict = 0) -> Judged:
    size = len(probabilities)
    segment = Segment(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))
    comparison = Comparison(Query(QueryKey("run", 0, 0), (segment,) * size), verdict)
    target = verdict_targets([verdict], [size])[0].numpy()
    return Judged(comparison, np.array(probabilities), target)


def test_planted_calibration_is_reported() -> None:
    judged = [make_judged(0.7, 0.3, verdict=int(place >= 90)) for place in range(100)]
    diagnostic = calibration_diagnostic(judged, 0.1)
    assert diagnostic.value == "0.200 ECE"
    assert "off by 20% on average" in diagnostic.text
    assert "more often than it is sure: 90% against 70%" in diagnostic.text
    assert "never surer than 95%" in diagnostic.note
    assert "never surer" not in calibration_diagnostic(judged, 0.0).note


def test_losses_are_reported_beside_their_floors() -> None:
    diagnostic = loss_diagnostic([make_judged(0.8, 0.2)], 0.1)
    assert diagnostic.value == "0.223 nats"
    values = {bar.name: bar.value for bar in diagnostic.bars}
    assert values["entropy floor: a teacher at random in 10%"] == noisy_teacher_entropy(2, 0.1)
    assert values["least possible on these answers"] == pytest.approx(-np.log(0.95))
    assert max(bar.percent for bar in diagnostic.bars) == 100


def test_the_order_of_segments_is_reported() -> None:
    true = np.arange(10.0)
    assert rank_diagnostic(JudgedSegments(-true, true)).value.startswith("−1.00 Sp")
    assert rank_diagnostic(JudgedSegments(true, true)).value.startswith("1.00 Sp")
    unknown = rank_diagnostic(JudgedSegments(true, np.full(10, 5.0)))
    assert (unknown.value, unknown.chart) == ("unknown", "")


def test_charts_take_all_their_colours_from_the_page() -> None:
    charts = [
        calibration_chart([Bin(0.6, 0.5, 10), Bin(0.9, 1.0, 3)], "one", 'a "description" <b>'),
        returns_chart(JudgedSegments(*np.random.default_rng(0).normal(size=(2, 9))), "two", "x"),
    ]
    for chart in charts:
        assert not re.search(r"#[0-9a-f]{6}\b", chart)
        assert set(re.findall(r"var\(--(\w+)\)", chart)) <= set(COLOURS)
        assert all("fill: var(" in style for style in re.findall(r'<text style="([^"]*)"', chart))
        assert "<text" in chart
    assert "&lt;b&gt;" in charts[0]


def test_the_surest_and_the_least_sure_are_chosen_once_each() -> None:
    judged = [make_judged(p, 1 - p) for p in (0.9, 0.6, 0.8, 0.55, 0.7)]
    most, least = most_and_least_certain(judged, 2)
    assert [one.confidence for one in most] == [0.9, 0.8]
    assert [one.confidence for one in least] == [0.55, 0.6]
    most, least = most_and_least_certain(judged[:3], 2)
    assert (len(most), len(least)) == (2, 1)
    assert most_and_least_certain([], 2) == ([], [])


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (make_judged(0.9, 0.1), "chose the left clip; the model agreed, 90% sure."),
        (
            make_judged(0.9, 0.1, verdict=1),
            "right clip; the model disagreed, 90% sure of the left",
        ),
        (make_judged(0.4, 0.6, verdict="tie"), "called it a tie; the model gave 60% to the right"),
        (make_judged(0.1, 0.2, 0.7, verdict=2), "chose clip 3 of 3; the model agreed, 70% sure."),
    ],
)
def test_opinions_are_put_in_words(judged: Judged, words: str) -> None:
    assert words in opinion(judged)
