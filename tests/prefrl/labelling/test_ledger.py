"""Verdicts of people: written once, taken back, and never lost."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from prefrl.labelling.ledger import AnsweredAlreadyError, Ledger, Submission
from prefrl.queries import QueryKey
from prefrl.store import LabelStore

Make = Callable[..., Submission]


def verdicts(ledger: Ledger) -> dict[int, object]:
    standing = ((q.key.index, q.standing) for q in ledger.questions())
    return {index: s.verdict for index, s in standing if s is not None}


def test_a_verdict_stands(ledger: Ledger, submission: Make) -> None:
    assert ledger.record(submission(3, "tie"))
    assert verdicts(ledger) == {3: "tie"}


def test_a_verdict_that_is_sent_again_is_written_once(ledger: Ledger, submission: Make) -> None:
    assert ledger.record(submission(0, 1))
    assert not ledger.record(submission(0, 1))
    assert verdicts(ledger) == {0: 1}
    assert ledger.undo("undo", "ann") == QueryKey("run", 0, 0)
    assert verdicts(ledger) == {}


def test_no_question_has_two_verdicts(ledger: Ledger, submission: Make) -> None:
    ledger.record(submission(0, 1, labeller="ann"))
    with pytest.raises(AnsweredAlreadyError):
        ledger.record(submission(0, 0, labeller="ben"))
    assert verdicts(ledger) == {0: 1}


def test_a_refused_verdict_may_be_sent_later(ledger: Ledger, submission: Make) -> None:
    """A refusal writes nothing, its token included."""
    ledger.record(submission(0, 1, labeller="ann"))
    with pytest.raises(AnsweredAlreadyError):
        ledger.record(submission(0, 0, labeller="ben"))
    ledger.undo("undo", "ann")
    assert ledger.record(submission(0, 0, labeller="ben"))


def test_questions_of_other_runs_are_out_of_reach(ledger: Ledger) -> None:
    for key in (QueryKey("other", 0, 0), QueryKey("run", 0, 99), QueryKey("run", 0, 0, 1)):
        with pytest.raises(AnsweredAlreadyError):
            ledger.record(Submission("t", key, 0, "ann", 1.0, 0))


def test_undo_goes_back_through_all_of_a_labellers_verdicts(
    ledger: Ledger, submission: Make
) -> None:
    for index in range(7):
        ledger.record(submission(index, 0))
    ledger.record(submission(7, 1, labeller="ben"))
    undone = [ledger.undo(f"undo-{number}", "ann") for number in range(8)]
    assert [key.index if key else None for key in undone] == [6, 5, 4, 3, 2, 1, 0, None]
    assert verdicts(ledger) == {7: 1}


def test_an_undo_that_is_sent_again_takes_back_one_verdict(
    ledger: Ledger, submission: Make
) -> None:
    ledger.record(submission(0))
    ledger.record(submission(1))
    assert ledger.undo("undo", "ann") == ledger.undo("undo", "ann") == QueryKey("run", 0, 1)
    assert verdicts(ledger) == {0: 0}
    ledger.undo("another", "ann")
    assert ledger.undo("another", "ann") == QueryKey("run", 0, 0)


def test_an_answer_given_anew_can_be_undone_again(ledger: Ledger, submission: Make) -> None:
    ledger.record(submission(0, 0, token="first"))
    ledger.record(submission(1, 0))
    ledger.undo("a", "ann")
    ledger.record(submission(1, 1, token="second"))
    assert ledger.undo("b", "ann") == QueryKey("run", 0, 1)
    assert ledger.undo("c", "ann") == QueryKey("run", 0, 0)
    assert verdicts(ledger) == {}


def test_only_one_of_many_that_answer_at_once_is_taken(ledger: Ledger, submission: Make) -> None:
    taken: list[str] = []

    def answer(name: str) -> None:
        try:
            ledger.record(submission(0, 1, labeller=name))
            taken.append(name)
        except AnsweredAlreadyError:
            pass

    threads = [threading.Thread(target=answer, args=(f"person {i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert len(ledger.questions()) == 8


def test_a_re_ask_is_a_question_of_its_own(ledger: Ledger, submission: Make) -> None:
    ledger.record(submission(0))
    ledger.ask_again(QueryKey("run", 0, 0))
    ledger.ask_again(QueryKey("run", 0, 0))
    repeats = [q for q in ledger.questions() if q.key.repeat]
    assert [q.key for q in repeats] == [QueryKey("run", 0, 0, 1)]
    assert repeats[0].standing is None
    assert repeats[0].segment_ids == ledger.questions()[0].segment_ids


KILLED = """
import os, signal, sys
from prefrl.labelling.ledger import Ledger, Submission
from prefrl.queries import QueryKey
from prefrl.store import LabelStore
ledger = Ledger(LabelStore(sys.argv[1]), "run")
for index in range(5):
    ledger.record(Submission(str(index), QueryKey("run", 0, index), 1, "ann", 1.0, 0))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_recorded_survives_a_kill(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert verdicts(ledger) == dict.fromkeys(range(5), 1)
    assert verdicts(Ledger(LabelStore(path), "run")) == dict.fromkeys(range(5), 1)
