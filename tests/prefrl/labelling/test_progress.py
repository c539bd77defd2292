"""What the header shows."""

import itertools

import pytest

from prefrl.labelling.progress import SharedStatus


def test_the_header_is_read_once_a_second_for_everybody() -> None:
    now, reads = [0.0], itertools.count()
    shared = SharedStatus(lambda: {"labels": next(reads)}, clock=lambda: now[0])
    seen = []
    for now[0] in (5.0, 5.9, 6.0, 6.9, 8.0):
        seen.append(shared.read()["labels"])
    assert seen == [0, 0, 1, 1, 2]


def test_a_header_that_cannot_be_read_is_read_again_when_asked() -> None:
    def fail() -> dict[str, int]:
        raise OSError("disk full")

    shared = SharedStatus(fail, clock=lambda: 0.0)
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            shared.read()
