"""How reliable verdicts are."""

import itertools

import pytest

from prefrl.labelling.asked_questions import AskedQuestion, Standing
from prefrl.labelling.quality import (
    Agreement,
    agreement,
    agreements,
    cohens_kappa,
    reliability,
)
from prefrl.queries import QueryKey, Verdict

_rows = itertools.count()


def answered(
    index: int,
    verdict: Verdict,
    labeller: str = "ann",
    *,
    repeat: int = 0,
    seconds: float = 2.0,
    shown_left: int = 0,
) -> AskedQuestion:
    standing = Standing(next(_rows), verdict, labeller, seconds, 0.0, shown_left)
    return AskedQuestion(QueryKey("run", 0, index, repeat), ("a", "b"), standing)


def asked_twice(
    *pairs: tuple[Verdict, Verdict], of: tuple[str, str] = ("ann", "ann"), first: int = 0
) -> list[AskedQuestion]:
    return [
        answered(first + index, pair[repeat], of[repeat], repeat=repeat)
        for index, pair in enumerate(pairs)
        for repeat in (0, 1)
    ]


def test_self_consistency_counts_pairs_that_were_decided_twice() -> None:
    questions = asked_twice((0, 0), (1, 1), ("tie", "tie"), (0, 1), (0, "skip"))
    questions.append(answered(9, 1))
    found = reliability([*questions, AskedQuestion(QueryKey("run", 0, 9, 1), ("a", "b"), None)])
    assert found is not None
    assert (found.answers, found.asked_again, found.self_consistency) == (11, 4, 3 / 4)


def test_nobody_contradicts_themselves_by_disagreeing_with_others() -> None:
    questions = asked_twice((0, 1), (0, 0), of=("ann", "ben"))
    questions += asked_twice((0, 1), (1, 1), (1, 1), first=2)
    everybody, ben = reliability(questions), reliability(questions, "ben")
    assert everybody is not None
    assert ben is not None
    assert (everybody.asked_again, everybody.self_consistency) == (3, 2 / 3)
    assert (ben.answers, ben.asked_again, ben.self_consistency) == (2, 0, None)
    assert reliability(questions, "cleo") is None


def test_agreement_is_of_every_two_who_decided_the_same_pairs() -> None:
    questions = asked_twice((0, 0), (1, 1), (0, 1), of=("ben", "ann"))
    questions += asked_twice((1, 1), ("skip", 1), of=("ann", "ben"), first=3)
    questions += asked_twice((0, 0), of=("ben", "cleo"), first=5)
    questions += asked_twice((1, 0), first=6)
    found = agreements(questions)
    # Ann says 0, 1, 1, 1 and Ben 0, 1, 0, 1: by chance they would agree in half.
    assert found == {
        ("ann", "ben"): Agreement(4, 3, 0.5),
        ("ben", "cleo"): Agreement(1, 1, None),
    }
    # 0, 1, 1, 1, 0 and 0, 1, 0, 1, 0: by chance in 12 of 25.
    everybody = agreement(questions)
    assert everybody is not None
    assert (everybody.pairs, everybody.same) == (5, 4)
    assert everybody.kappa == pytest.approx((20 - 12) / (25 - 12))
    assert agreement(asked_twice((1, 1))) is None


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
    given = [answered(0, 0), answered(1, 1, shown_left=1), answered(2, 1), answered(3, "tie")]
    found = reliability(given)
    assert found is not None
    assert (found.choices, found.left_share) == (3, 2 / 3)
    undecided = reliability([answered(0, "skip")])
    assert undecided is not None
    assert (undecided.choices, undecided.left_share) == (0, None)


def test_too_fast_answers() -> None:
    given = [answered(i, 0, seconds=s) for i, s in enumerate((0.1, 0.79, 0.8, 5.0))]
    found = reliability(given)
    assert found is not None
    assert found.too_fast_share == 1 / 2
    assert found.median_seconds == pytest.approx(0.795)
