"""Tests of prefrl.trees."""

import numpy as np
import pytest

from prefrl.trees import tree_leaves, tree_map, tree_stack


def test_an_array_is_mapped_as_it_is() -> None:
    mapped = tree_map(np.add, np.array([1, 2]), np.array([10, 20]))
    np.testing.assert_array_equal(mapped, [11, 22])


def test_a_dictionary_is_mapped_by_key_whatever_the_order() -> None:
    mapped = tree_map(
        np.subtract, {"a": np.array(5), "b": np.array(7)}, {"b": np.array(1), "a": np.array(2)}
    )
    assert mapped == {"a": 3, "b": 6}


def test_trees_of_different_structure_are_refused() -> None:
    with pytest.raises(AssertionError, match="differ in structure"):
        tree_map(np.add, {"a": np.zeros(1)}, np.zeros(1))


def test_stack_adds_a_first_axis_to_every_leaf() -> None:
    stacked = tree_stack([{"a": np.zeros(2), "b": np.ones(3)}] * 4)
    assert [leaf.shape for leaf in tree_leaves(stacked)] == [(4, 2), (4, 3)]


def test_leaves_come_sorted_by_their_keys_whatever_the_order() -> None:
    first, second = np.zeros(1), np.ones(1)
    for tree in ({"z": second, "a": first}, {"a": first, "z": second}):
        leaves = tree_leaves(tree)
        assert leaves[0] is first
        assert leaves[1] is second
    assert tree_leaves(first) == [first]
