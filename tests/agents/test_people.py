"""Training beside people: what is asked, what is waited for, and what is fitted."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prefrl.agents.people import People
from prefrl.agents.rounds import Round
from prefrl.agents.run_folder import LABELS, create_run_folder
from prefrl.agents.settings import RunSettings
from prefrl.agents.training import Training
from prefrl.checkpoints import newest_checkpoint
from prefrl.labelling.activity import read_activity
from prefrl.labelling.asked_questions import AskedQuestion
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.labelling.progress import labels_used
from prefrl.queries import Verdict
from prefrl.store import LabelStore


class Labeller:
    """Answers as many open questions as it is told, whenever training sleeps."""

    def __init__(self, folder: Path, run: str, *, at_once: int = 1000) -> None:
        self.store = LabelStore(folder / LABELS)
        self.ledger = Ledger(self.store, run)
        self.at_once = at_once
        self.naps = 0
        self._tokens = map(str, itertools.count())
        self.verdict: Callable[[AskedQuestion], Verdict] = self.prefer_more

    def sleep(self, seconds: float) -> None:
        self.naps += 1
        assert self.naps < 500, "training waits for ever"
        self.answer(self.at_once)

    def answer(self, count: int) -> None:
        for question in [q for q in self.ledger.questions() if q.standing is None][:count]:
            verdict = self.verdict(question)
            token = f"{self.naps}-{next(self._tokens)}"
            self.ledger.record(Submission(token, question.key, verdict, "ann", 1.0, 0))

    def prefer_more(self, question: AskedQuestion) -> Verdict:
        one, other = (self.store.segment(i).true_return for i in question.segment_ids)
        return int(other > one)


@pytest.fixture
def human(settings: RunSettings) -> RunSettings:
    return RunSettings(**{**vars(settings), "teacher": "human"})


@pytest.fixture
def run(tmp_path: Path, human: RunSettings) -> Path:
    create_run_folder(tmp_path / "run", human)
    return tmp_path / "run"


@pytest.fixture
def labeller(run: Path, monkeypatch: pytest.MonkeyPatch) -> Labeller:
    labeller = Labeller(run, "tiny")
    monkeypatch.setattr("prefrl.agents.people.time.sleep", labeller.sleep)
    return labeller


def test_a_run_ends_with_all_its_labels_in_it(
    human: RunSettings, run: Path, silent: Any, labeller: Labeller
) -> None:
    labeller.at_once = 3
    training = Training(human, run, silent)
    training.run()
    assert labels_used(labeller.ledger.questions()) == 40
    assert training.preferences is not None
    assert len(training.preferences.fitter) == 40
    assert silent.rows[-1]["labels"] == 40
    assert any("more labels" in sentence for sentence in silent.told)
    activity = read_activity(run)
    assert activity is not None
    assert activity.doing == "finished"


def test_questions_that_nobody_can_answer_are_replaced(
    human: RunSettings, run: Path, silent: Any, labeller: Labeller
) -> None:
    def skip_even(question: AskedQuestion) -> Verdict:
        return "skip" if question.key.index % 2 == 0 else "tie"

    labeller.verdict = skip_even
    Training(human, run, silent).run()
    questions = labeller.ledger.questions()
    assert labels_used(questions) == 40
    assert len(questions) > 60


def test_with_a_free_pace_nothing_is_waited_for(
    human: RunSettings, run: Path, silent: Any, labeller: Labeller
) -> None:
    free = RunSettings(**{**vars(human), "pace": "free"})
    training = Training(free, run, silent)
    training.run()
    assert labeller.naps == 0
    assert training.preferences is not None
    assert training.preferences.last_report is None
    assert len(labeller.ledger.questions()) == 40


def test_a_late_verdict_is_fitted_and_one_taken_back_is_not(
    human: RunSettings, run: Path, silent: Any, labeller: Labeller
) -> None:
    training = Training(human, run, silent)
    training.run()
    assert training.preferences is not None
    assert training._people is not None
    fitter = training.preferences.fitter
    taken_back = labeller.ledger.undo("undo", "ann")
    training._people.fit_what_is_new()
    assert len(fitter) == 39
    assert taken_back not in fitter.keys
    labeller.answer(1)
    training._people.fit_what_is_new()
    assert len(fitter) == 40
    assert taken_back in fitter.keys


def test_a_stopped_run_goes_on_with_what_was_answered_meanwhile(
    human: RunSettings, run: Path, silent: Any, labeller: Labeller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prefrl.agents.people.time.sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        Training(human, run, silent, checkpoint_share=float("inf")).run()
    asked = [q.key for q in labeller.ledger.questions()]
    labeller.answer(1000)
    monkeypatch.setattr("prefrl.agents.people.time.sleep", labeller.sleep)
    resumed = Training(human, run, silent)
    resumed.load(newest_checkpoint(run))
    resumed.run()
    assert labels_used(labeller.ledger.questions()) == 40
    assert [q.key for q in labeller.ledger.questions()][: len(asked)] == asked
    assert resumed.preferences is not None
    assert len(resumed.preferences.fitter) == 40


@pytest.mark.parametrize(("index", "required"), [(0, 0), (1, 10), (2, 10), (3, 20), (4, 40)])
def test_what_a_round_needs(index: int, required: int) -> None:
    plan = [Round(i, 1, i > 0, labels) for i, labels in enumerate((10, 10, 10, 10, 0))]
    people = People.__new__(People)
    people._rounds, people._scheduled = plan, [10, 20, 30, 40, 40]
    assert people._required_before(plan[index]) == required
