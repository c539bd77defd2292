"""Tests of prefrl.agents.vector_infos."""

import numpy as np

from prefrl.agents.vector_infos import info_rows


def test_masks_say_whose_an_entry_is() -> None:
    infos = {"speed": np.array([1.0, 0.0, 3.0]), "_speed": np.array([True, False, True])}
    assert info_rows(infos, 3) == [{"speed": 1.0}, {}, {"speed": 3.0}]


def test_what_has_no_mask_is_of_all() -> None:
    assert info_rows({"_hidden": np.arange(2)}, 2) == [{"_hidden": 0}, {"_hidden": 1}]


def test_dictionaries_are_taken_apart() -> None:
    inner = {"x": np.array([5, 0]), "_x": np.array([True, False]), "y": np.array([6, 7])}
    infos = {"part": inner, "_part": np.array([True, False])}
    assert info_rows(infos, 2) == [{"part": {"x": 5, "y": 6}}, {}]
