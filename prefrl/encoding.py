"""What a reward model sees of a step: observation and action as one flat vector."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from prefrl.errors import UserError
from prefrl.trees import Array, Tree


class StepEncoder:
    """Turns observations and actions of given spaces into flat float32 vectors.

    Boxes are flattened, discrete values become one-hot vectors, dictionaries are joined in the
    order of their keys.

    Args:
        observation_space: Box, Discrete, MultiDiscrete, MultiBinary, or a Dict of these.
        action_space: Box, Discrete, MultiDiscrete or MultiBinary.

    Raises:
        UserError: If a space is of another kind.
    """

    def __init__(
        self, observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
    ) -> None:
        """Check the spaces."""
        check_spaces(observation_space, action_space)
        self._observation_space = observation_space
        self._action_space = action_space
        self.size = _encoded_size(observation_space) + _encoded_size(action_space)

    def __call__(self, observations: Tree, actions: Array) -> Array:
        """Encode steps.

        Args:
            observations: `[..., *obs]`, or a dictionary of such.
            actions: `[..., *act]`.

        Returns:
            `[..., size]` float32.
        """
        parts = _encode_tree(self._observation_space, observations)
        parts.append(_encode(self._action_space, actions))
        return np.concatenate(parts, axis=-1, dtype=np.float32)


def check_spaces(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> None:
    """Raise a UserError unless both spaces can be learned on."""
    named = {"observation": observation_space}
    if isinstance(observation_space, spaces.Dict):
        named = {f"observation {key!r}": space for key, space in observation_space.items()}
    for name, space in {**named, "action": action_space}.items():
        if not isinstance(space, _SIMPLE_SPACES):
            raise UserError(
                f"the {name} space is {type(space).__name__}, which is not supported; "
                "wrap the environment so that it is Box, Discrete, MultiDiscrete or MultiBinary"
            )
        if isinstance(space, spaces.Box | spaces.MultiDiscrete) and len(space.shape) > 1:
            raise UserError(
                f"the {name} space has the shape {space.shape}, and only vectors are "
                "supported; wrap the environment in gymnasium.wrappers.FlattenObservation"
            )


_SIMPLE_SPACES = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def _encoded_size(space: gymnasium.Space[Any]) -> int:
    return int(spaces.flatdim(space))


def _encode_tree(space: gymnasium.Space[Any], tree: Tree) -> list[Array]:
    if isinstance(space, spaces.Dict):
        assert isinstance(tree, dict)
        return [_encode(child, tree[key]) for key, child in space.items()]
    assert not isinstance(tree, dict)
    return [_encode(space, tree)]


def _encode(space: gymnasium.Space[Any], array: Array) -> Array:
    if isinstance(space, spaces.Discrete):
        return _one_hot(array - space.start, int(space.n))
    if isinstance(space, spaces.MultiDiscrete):
        starts = np.asarray(space.start)
        parts = [
            _one_hot(array[..., place] - starts[place], int(count))
            for place, count in enumerate(space.nvec)
        ]
        return np.concatenate(parts, axis=-1)
    assert space.shape is not None
    leading = array.shape[: array.ndim - len(space.shape)]
    flat: Array = array.reshape(*leading, -1)
    return flat


def _one_hot(indices: Array, count: int) -> Array:
    rows: Array = np.eye(count, dtype=np.float32)[indices]
    return rows
