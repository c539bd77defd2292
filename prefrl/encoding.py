"""What a reward model sees of a step: observation and action as one flat vector, and images."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from prefrl.candidates import chosen_rows, row_space
from prefrl.errors import UserError
from prefrl.images import image_shape
from prefrl.trees import Array, Tree, space_parts


class StepEncoder:
    """Turns observations and actions of given spaces into flat vectors.

    Boxes are flattened, discrete values become one-hot vectors, dictionaries are joined in the
    order of their keys. Images are kept apart, shrunk: where there are any, an encoded step is a
    row of bytes, first those of the float32 vector, then the small images one after the other.
    Where an environment offers candidates (see `candidates`), a step is the row that was chosen.

    Args:
        observation_space: Box, Discrete, MultiDiscrete, MultiBinary, or a Dict of these.
        action_space: Box, Discrete, MultiDiscrete or MultiBinary.

    Attributes:
        size: The length D of the vector.
        images: How images are shrunk, by their key in the Dict ("" where there is no Dict).

    Raises:
        UserError: If a space is of another kind.
    """

    def __init__(
        self, observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
    ) -> None:
        """Check the spaces."""
        check_spaces(observation_space, action_space)
        rows = row_space(observation_space, action_space)
        self._takes_rows = rows is not None
        parts = space_parts(observation_space if rows is None else rows)
        shapes = {key: image_shape(space) for key, space in parts.items()}
        self.images = {key: shape for key, shape in shapes.items() if shape is not None}
        self._parts = {key: space for key, space in parts.items() if key not in self.images}
        self._action_space = action_space if rows is None else None
        self.size = sum(map(_encoded_size, self._parts.values()))
        self.size += 0 if self._action_space is None else _encoded_size(self._action_space)

    def __call__(self, observations: Tree, actions: Array) -> Array:
        """Encode steps.

        Args:
            observations: `[..., *obs]`, or a dictionary of such; or what was `kept` of them.
            actions: `[..., *act]`.

        Returns:
            `[..., size]` float32, or bytes where there are images.
        """
        seen = self.kept(observations, actions)
        tree = seen if isinstance(seen, dict) else {"": seen}
        parts = [_encode(space, tree[key]) for key, space in self._parts.items()]
        if self._action_space is not None:
            parts.append(_encode(self._action_space, actions))
        vector = np.concatenate(parts, axis=-1, dtype=np.float32)
        if not self.images:
            return vector
        small = [shape.shrink(tree[key]) for key, shape in self.images.items()]
        flat = [frames.reshape(*vector.shape[:-1], -1) for frames in small]
        return np.concatenate([np.ascontiguousarray(vector).view(np.uint8), *flat], axis=-1)

    def kept(self, observations: Tree, actions: Array) -> Tree:
        """Return what segments need to keep of observations: of candidates, the chosen rows.

        Args:
            observations: `[..., *obs]`, a dictionary of such, or what was kept of them before.
            actions: `[..., *act]`.
        """
        if self._takes_rows and isinstance(observations, dict):
            return chosen_rows(observations, actions)
        return observations


def check_spaces(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> None:
    """Raise a UserError unless both spaces can be learned on."""
    parts = space_parts(observation_space).items()
    named = {f"observation {key!r}" if key else "observation": space for key, space in parts}
    for name, space in {**named, "action": action_space}.items():
        if not isinstance(space, _SIMPLE_SPACES):
            raise UserError(
                f"the {name} space is {type(space).__name__}, which is not supported; "
                "wrap the environment so that it is Box, Discrete, MultiDiscrete or MultiBinary"
            )
        if isinstance(space, spaces.MultiDiscrete) and len(space.shape) > 1:
            raise UserError(
                f"the {name} space has the shape {space.shape}, and only vectors are "
                "supported; wrap the environment in gymnasium.wrappers.FlattenObservation"
            )


_SIMPLE_SPACES = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def _encoded_size(space: gymnasium.Space[Any]) -> int:
    return int(spaces.flatdim(space))


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
