"""What a report says of the people who answered."""

import dataclasses
from pathlib import Path
from unittest.mock import Mock

from prefrl.agents.report.labellers import (
    agreement_diagnostic,
    consistency_diagnostic,
    position_diagnostic,
    speed_diagnostic,
)
from prefrl.agents.report.report import write_report
from prefrl.agents.run_folder import LABELS, create_run_folder
from prefrl.agents.settings import RunSettings
from prefrl.agents.training import Training
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.labelling.quality import Agreement, Reliability
from prefrl.labelling.questions import QuestionQueue, shown_left
from prefrl.store import LabelStore

HEADING = "Can the answers be trusted?"


def said_of(folder: Path) -> str:
    return " ".join(write_report(folder).read_text("utf-8").split())


def answer(store: LabelStore, run: str) -> None:
    """Have Ann answer what is open, and Ben say the same of what is asked again."""
    queue = QuestionQueue(Ledger(store, run), repeat_share=1)
    for name in ("ann", "<ben>"):
        for question in [q for q in queue.questions() if q.standing is None]:
            key, place = question.key, question.key.round + question.key.index
            token, seconds = f"{name}-{key.round}-{key.index}", 0.5 + place
            queue.record(Submission(token, key, place % 2, name, seconds, shown_left(key)))


def test_people_are_told_how_they_answered(settings: RunSettings, tmp_path: Path) -> None:
    free = dataclasses.replace(settings, teacher="human", pace="free")
    folder = tmp_path / "run"
    create_run_folder(folder, free)
    Training(free, folder, Mock()).run()
    assert HEADING not in said_of(folder)
    answer(LabelStore(folder / LABELS), free.run)
    said = said_of(folder)
    assert HEADING in said
    assert "κ 1.00" in said
    assert "said the same of 40 of 40 pairs that both answered" in said
    assert "Nobody has answered a pair twice yet." in said
    assert '<th scope="row">ann</th><td>40</td>' in said
    assert '<th scope="row">&lt;ben&gt;, ann</th><td>40 of 40</td><td>1.00</td>' in said


def test_a_run_without_people_says_nothing_of_them(settings: RunSettings, tmp_path: Path) -> None:
    create_run_folder(tmp_path / "run", settings)
    Training(settings, tmp_path / "run", Mock()).run()
    assert HEADING not in said_of(tmp_path / "run")


def test_reliability_is_put_in_words() -> None:
    found = Reliability(40, 2.5, 0.25, 32, 0.5, 8, 0.75)
    assert consistency_diagnostic(found).value == "75% of 8 pairs"
    assert consistency_diagnostic(found).note == "95% interval: 41% to 93%."
    assert position_diagnostic(found).value == "50% left"
    assert position_diagnostic(found).note == "95% interval: 34% to 66%."
    assert speed_diagnostic(found).value == "25% too fast"
    assert "the median is 2.5 s" in speed_diagnostic(found).text
    fresh = Reliability(1, 2.5, 0.0, 0, None, 0, None)
    assert consistency_diagnostic(fresh).value == position_diagnostic(fresh).value == "unknown"
    assert "Of 1 answer," in speed_diagnostic(fresh).text


def test_agreement_is_put_in_words() -> None:
    found = agreement_diagnostic(Agreement(40, 29, -0.2), 3)
    assert found.value == "κ −0.20"
    assert "the same of 29 of 40 pairs" in found.text
    assert "Every two people" in found.note
    assert agreement_diagnostic(Agreement(40, 29, -0.2), 2).note == ""
    assert "nobody to agree with" in agreement_diagnostic(None, 1).text
    assert "No pair has been answered by two" in agreement_diagnostic(None, 2).text
    assert agreement_diagnostic(Agreement(2, 2, None), 2).value == "κ unknown"
