"""Tests of prefrl.teachers."""

from collections.abc import Callable

import pytest

from prefrl.queries import Query, Verdict
from prefrl.segments import Segment
from prefrl.teachers import OracleTeacher, oracle_verdict

MakeSegment = Callable[..., Segment]
MakeQuery = Callable[..., Query]


@pytest.mark.parametrize(
    ("returns", "verdict"),
    [([1, 2], 1), ([2, 1], 0), ([1, 1], "tie"), ([0, 5, 3], 1), ([4, 0, 4], "tie")],
)
def test_the_oracle_prefers_the_highest_return(
    make_segment: MakeSegment, make_query: MakeQuery, returns: list[float], verdict: Verdict
) -> None:
    assert oracle_verdict(make_query(*(make_segment([value]) for value in returns))) == verdict


def test_the_oracle_looks_only_at_steps_that_count(
    make_segment: MakeSegment, make_query: MakeQuery
) -> None:
    masked = make_segment([100.0, 1.0], mask=[False, True])
    assert oracle_verdict(make_query(masked, make_segment([2.0]))) == 1


def test_the_oracle_answers_each_query_once(
    pair: tuple[Segment, Segment], make_query: MakeQuery
) -> None:
    teacher = OracleTeacher()
    queries = [make_query(*pair, index=index) for index in range(3)]
    teacher.submit(queries[:2])
    teacher.submit(queries[2:])
    answers = teacher.collect()
    assert [answer.query for answer in answers] == queries
    assert [answer.verdict for answer in answers] == [1, 1, 1]
    assert answers[0].labeller == "oracle"
    assert teacher.collect() == []
