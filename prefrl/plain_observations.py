"""A wrapper that makes Dict observations plain: one level of parts, none of them text."""

from typing import Any

import gymnasium
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs

from prefrl.errors import UserError


class PlainObservation(gymnasium.ObservationWrapper[Any, Any, Any], RecordConstructorArgs):
    """Names the parts of Dicts within a Dict "outer.inner", and leaves out text.

    Args:
        env: An environment whose observation space is a Dict.

    Attributes:
        left_out: The names of the parts that are text, which no network here reads.

    Raises:
        UserError: If two parts get the same name, or all are text.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Find the parts."""
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        parts = _named_parts(env.observation_space)
        names = [".".join(map(str, path)) for path, _ in parts]
        if len(set(names)) < len(names):
            raise UserError(
                f"parts of the observation get the same name: {', '.join(names)}; rename one in a "
                "gymnasium.wrappers.TransformObservation"
            )
        texts = {name for name, (_, part) in zip(names, parts, strict=True) if _is_text(part)}
        self.left_out = sorted(texts)
        kept = [(name, *part) for name, part in zip(names, parts, strict=True) if name not in texts]
        if not kept:
            raise UserError("the observation is nothing but text, which no network here reads")
        self._paths = {name: path for name, path, _ in kept}
        self.observation_space = spaces.Dict({name: part for name, _, part in kept})

    def observation(self, observation: Any) -> dict[str, Any]:
        """Return the parts by their names."""
        return {name: _follow(observation, path) for name, path in self._paths.items()}


def is_plain(space: gymnasium.Space[Any]) -> bool:
    """Return whether a space is no Dict, or one without Dicts and text among its parts."""
    if not isinstance(space, spaces.Dict):
        return True
    return not any(isinstance(part, spaces.Dict) or _is_text(part) for part in space.values())


def _named_parts(
    space: gymnasium.Space[Any], path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], gymnasium.Space[Any]]]:
    if not isinstance(space, spaces.Dict):
        return [(path, space)]
    return [found for key, part in space.items() for found in _named_parts(part, (*path, key))]


def _follow(observation: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        observation = observation[key]
    return observation


def _is_text(space: gymnasium.Space[Any]) -> bool:
    # Some packages have text spaces of their own, which give strings.
    return space.shape is None and isinstance(space.sample(), str)
