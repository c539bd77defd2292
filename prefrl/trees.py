"""Observations that are one array or a dictionary of arrays, handled alike."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Tree: TypeAlias = Array | dict[str, Array]


def tree_map(function: Callable[..., Array], tree: Tree, *others: Tree) -> Tree:
    """Apply a function to the matching arrays of trees of one structure.

    Args:
        function: Takes one array per tree and returns an array.
        tree: The tree that gives the structure.
        *others: Trees of the same structure.

    Returns:
        A tree of the same structure.
    """
    if isinstance(tree, dict):
        return {key: function(tree[key], *(_child(other, key) for other in others)) for key in tree}
    return function(tree, *others)


def _child(tree: Tree, key: str) -> Array:
    assert isinstance(tree, dict), "trees differ in structure"
    return tree[key]


def tree_stack(trees: Sequence[Tree]) -> Tree:
    """Stack trees of one structure, whose leaves may be numbers, along a new first axis."""
    # On small arrays several times as fast as numpy.stack.
    return tree_map(lambda *leaves: np.array(leaves), *trees)


def space_parts(space: gymnasium.Space[Any]) -> dict[str, gymnasium.Space[Any]]:
    """Return the spaces of a Dict by their keys; any other space is its own part, named ""."""
    return dict(space.items()) if isinstance(space, gymnasium.spaces.Dict) else {"": space}


def tree_leaves(tree: Tree) -> list[Array]:
    """Return the arrays of a tree, sorted by its keys, so that equal trees give equal lists."""
    return [tree[key] for key in sorted(tree)] if isinstance(tree, dict) else [tree]


def frozen(array: Array) -> Array:
    """Return a copy that cannot be written to."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
