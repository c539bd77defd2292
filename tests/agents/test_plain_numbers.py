"""Tests of numbers for people."""

import math

import pytest

from prefrl.agents.plain_numbers import duration, number

NUMBERS = {3079.99: "3,080", -1.284: "−1.28", 72.04: "72.0", 0.0: "0.00", -86.91: "−86.9"}
DURATIONS = {45.4: "45 s", 59.7: "1 min 0 s", 60: "1 min 0 s", 3725: "1 h 2 min"}


@pytest.mark.parametrize(("value", "shown"), [*NUMBERS.items(), (None, "–"), (math.nan, "–")])
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(("seconds", "shown"), DURATIONS.items())
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
