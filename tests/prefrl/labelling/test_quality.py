"""How reliable verdicts are."""

import pytest

from prefrl.labelling.asked_questions import AskedQuestion, Standing
from prefrl.labelling.quality import cohens_kappa, left_share, self_consistency, too_fast_share
from prefrl.queries import QueryKey, Verdict


def standing(verdict: Verdict, *, seconds: float = 2.0, shown_left: int = 0) -> Standing:
    return Standing(1, verdict, "ann", seconds, 0.0, shown_left)


def question(index: int, repeat: int, verdict: Verdict | None) -> AskedQuestion:
    key = QueryKey("run", 0, index, repeat)
    return AskedQuestion(key, ("a", "b"), None if verdict is None else standing(verdict))


def test_self_consistency_counts_pairs_that_were_decided_twice() -> None:
    verdicts: list[tuple[Verdict, Verdict | None]] = [
        (0, 0), (1, 1), ("tie", "tie"), (0, 1), (0, "skip"), (1, None)
    ]  # fmt: skip
    questions = [
        question(index, repeat, pair[repeat])
        for index, pair in enumerate(verdicts)
        for repeat in (0, 1)
    ]
    assert self_consistency(questions) == 3 / 4
    assert self_consistency(questions[:1]) is None


def test_kappa_of_a_worked_example() -> None:
    """20 and 15 agreements, 5 and 10 disagreements: p_o = 0.7, p_e = 0.5."""
    one: list[Verdict] = [*[0] * 25, *[1] * 25]
    other: list[Verdict] = [*[0] * 20, *[1] * 5, *[0] * 10, *[1] * 15]
    assert cohens_kappa(one, other) == pytest.approx(0.4)


def test_kappa_of_full_agreement_and_of_none() -> None:
    assert cohens_kappa([0, 1, "tie"], [0, 1, "tie"]) == 1
    assert cohens_kappa([0, 1], [1, 0]) == -1
    assert cohens_kappa([0, 0], [0, 0]) is None
    assert cohens_kappa([], []) is None


def test_position_bias_looks_at_the_side_not_at_the_segment() -> None:
    given = [standing(0), standing(1, shown_left=1), standing(1), standing("tie")]
    assert left_share(given) == 2 / 3
    assert left_share([standing("skip")]) is None


def test_too_fast_answers() -> None:
    given = [standing(0, seconds=seconds) for seconds in (0.1, 0.79, 0.8, 5.0)]
    assert too_fast_share(given) == 1 / 2
    assert too_fast_share([]) is None
