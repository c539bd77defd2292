"""Tests of prefrl.origins."""

import numpy as np
import pytest

from prefrl.origins import Origin


def test_named_arrays_give_the_same_origin_back() -> None:
    origin = Origin(2**32 - 1, np.array([[1.5], [2.5]], np.float32))
    read = Origin.from_named_arrays({"other": np.zeros(1), **origin.named_arrays()})
    assert read is not None
    assert read.seed == origin.seed
    np.testing.assert_array_equal(read.actions, origin.actions, strict=True)


def test_arrays_without_an_origin_give_none() -> None:
    assert Origin.from_named_arrays({"other": np.zeros(1)}) is None


def test_an_origin_is_a_copy_that_cannot_be_written_to() -> None:
    actions = np.zeros(2)
    origin = Origin(0, actions)
    actions[:] = 1
    assert not origin.actions.any()
    with pytest.raises(ValueError, match="read-only"):
        origin.actions[0] = 1
