"""What segments of texts say, for people to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from prefrl.environments import make
from prefrl.errors import UserError
from prefrl.segments import Segment
from prefrl.trees import tree_map


@runtime_checkable
class Readable(Protocol):
    """What an environment that writes texts offers, so that people can compare them."""

    def read(self, observation: Any, action: Any) -> tuple[str, str]:
        """Return an observation's prompt, and what was written up to and with an action."""


@dataclass(frozen=True)
class SegmentText:
    """A prompt, and how a segment goes on from it."""

    prompt: str
    written: str


def is_readable(env_id: str, env_kwargs: Mapping[str, Any] | None = None) -> bool:
    """Return whether segments of an environment are read, not watched.

    Raises:
        UserError: If the environment cannot be made.
    """
    env = make(env_id, env_kwargs)
    readable = isinstance(env.unwrapped, Readable)
    env.close()
    return readable


class SegmentReader:
    """Reads segments of one environment.

    Args:
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.

    Raises:
        UserError: If the environment cannot be made, or offers nothing to read.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any] | None = None) -> None:
        """Make the environment."""
        core = make(env_id, env_kwargs).unwrapped
        if not isinstance(core, Readable):
            raise UserError(f"segments of {env_id} cannot be read: it has no read()")
        self._read = core.read

    def read(self, segment: Segment) -> SegmentText:
        """Return what a segment's text says at its end."""
        last = tree_map(lambda leaf: leaf[-1], segment.observations)
        return SegmentText(*self._read(last, segment.actions[-1]))
