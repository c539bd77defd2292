"""Segments: short stretches of behaviour, and padded batches of them."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import safetensors.numpy

from prefrl.origins import Origin
from prefrl.trees import Array, Tree, frozen, tree_leaves, tree_map

COMPRESS_ABOVE = 65_536
"""Serialised segments of more bytes, which are those with images, are compressed."""

COMPRESSED = b"prefrl/zlib\n"
"""What compressed segments begin with; no safetensors file does, being too short for it."""


@dataclass(frozen=True, eq=False)
class Segment:
    """A frozen copy of consecutive steps of one episode.

    Attributes:
        observations: What the agent saw before each action, `[T, *obs]` or a dictionary of such.
        actions: What the environment was given (clipped to its bounds), `[T, *act]`.
        true_rewards: The environment's own rewards, `[T]`; zeros where it has none. For synthetic
            teachers and reports only.
        mask: Which steps count in comparisons, `[T]` bool; all of them by default. In text, the
            steps that the model wrote.
        group: Only segments of the same group are compared. In text, the prompt.
        snapshots: What is needed to draw each step, `[T, *snapshot]`, or None.
        origin: What is needed to act the episode out again, or None.
        frames: Pictures taken meanwhile, at 30 a second or less, as PNG files, or None.
    """

    observations: Tree
    actions: Array
    true_rewards: Array
    mask: Array = field(default_factory=lambda: np.zeros(0, bool))
    group: str = ""
    snapshots: Array | None = None
    origin: Origin | None = None
    frames: tuple[bytes, ...] | None = None

    def __post_init__(self) -> None:
        """Copy the arrays, forbid writing to them, and check that they are equally long.

        Raises:
            ValueError: If the segment is empty, its arrays differ in length, or no step counts.
        """
        mask = self.mask if self.mask.size else np.ones(len(self.actions), bool)
        snapshots = None if self.snapshots is None else frozen(self.snapshots)
        object.__setattr__(self, "observations", tree_map(frozen, self.observations))
        object.__setattr__(self, "actions", frozen(self.actions))
        object.__setattr__(self, "true_rewards", frozen(self.true_rewards))
        object.__setattr__(self, "mask", frozen(mask))
        object.__setattr__(self, "snapshots", snapshots)
        lengths = {len(array) for array in self._arrays()}
        if lengths != {len(self)} or not len(self):
            raise ValueError(f"a segment needs arrays of one length above 0, not {sorted(lengths)}")
        if not self.mask.any():
            raise ValueError("a segment needs a step that counts")

    def __len__(self) -> int:
        """Return the number of steps T."""
        return len(self.actions)

    @property
    def true_return(self) -> float:
        """The undiscounted sum of true rewards over the steps that count."""
        return float(self.true_rewards[self.mask].sum())

    @property
    def nbytes(self) -> int:
        """The memory that arrays, origin and pictures hold, in bytes."""
        held = sum(array.nbytes for array in self._arrays())
        held += self.origin.nbytes if self.origin is not None else 0
        return held + sum(len(frame) for frame in self.frames or ())

    @cached_property
    def id(self) -> str:
        """A digest of the behaviour, so that equal segments are stored once.

        Origin and pictures are left out: the same behaviour may come from several episodes, and
        what a machine can draw must not change the names of what it is asked about.
        """
        digest = hashlib.sha256()
        for name, array in sorted(self._behaviour().items()):
            digest.update(f"{name} {array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:32]

    def to_bytes(self) -> bytes:
        """Serialise without pickles, in the safetensors format; images are compressed."""
        arrays = {name: np.ascontiguousarray(array) for name, array in self.named_arrays().items()}
        data = safetensors.numpy.save(arrays)
        return COMPRESSED + zlib.compress(data, 1) if len(data) > COMPRESS_ABOVE else data

    @staticmethod
    def from_bytes(data: bytes) -> "Segment":
        """Read what `to_bytes` wrote."""
        if data.startswith(COMPRESSED):
            data = zlib.decompress(data[len(COMPRESSED) :])
        return Segment.from_named_arrays(safetensors.numpy.load(data))

    def named_arrays(self) -> dict[str, Array]:
        """Return the content as a flat dictionary of arrays, none of them without axes."""
        named = self._behaviour()
        if self.origin is not None:
            named |= self.origin.named_arrays()
        if self.frames is not None:
            named["frames.png"] = np.frombuffer(b"".join(self.frames), np.uint8)
            named["frames.lengths"] = np.array([len(frame) for frame in self.frames])
        return named

    @staticmethod
    def from_named_arrays(named: dict[str, Array]) -> "Segment":
        """Rebuild a segment from what `named_arrays` returned."""
        prefix = "observations."
        keyed = {key[len(prefix) :]: named[key] for key in named if key.startswith(prefix)}
        return Segment(
            observations=keyed or named["observations"],
            actions=named["actions"],
            true_rewards=named["true_rewards"],
            mask=named["mask"],
            group=named["group"].tobytes().decode(),
            snapshots=named.get("snapshots"),
            origin=Origin.from_named_arrays(named),
            frames=_split_frames(named),
        )

    def _behaviour(self) -> dict[str, Array]:
        named = {"actions": self.actions, "true_rewards": self.true_rewards, "mask": self.mask}
        named["group"] = np.frombuffer(self.group.encode(), np.uint8)
        if isinstance(self.observations, dict):
            named |= {f"observations.{key}": value for key, value in self.observations.items()}
        else:
            named["observations"] = self.observations
        if self.snapshots is not None:
            named["snapshots"] = self.snapshots
        return named

    def _arrays(self) -> list[Array]:
        arrays = [*tree_leaves(self.observations), self.actions, self.true_rewards, self.mask]
        return arrays if self.snapshots is None else [*arrays, self.snapshots]


@dataclass(frozen=True, eq=False)
class SegmentBatch:
    """Segments padded to one length.

    Attributes:
        observations: `[B, T, *obs]`, or a dictionary of such; zeros where padded.
        actions: `[B, T, *act]`; zeros where padded.
        mask: `[B, T]` bool; False where padded and where a segment's own mask is False.
    """

    observations: Tree
    actions: Array
    mask: Array

    @staticmethod
    def from_segments(segments: Sequence[Segment], length: int | None = None) -> "SegmentBatch":
        """Pad segments of the same spaces to a common length.

        Args:
            segments: At least one segment.
            length: The padded length T; by default that of the longest segment.

        Raises:
            ValueError: If `length` is shorter than the longest segment.
        """
        longest = max(len(segment) for segment in segments)
        length = longest if length is None else length
        if length < longest:
            raise ValueError(f"cannot pad a segment of {longest} steps to {length}")

        def pad_stack(*arrays: Array) -> Array:
            padded = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
            for row, array in zip(padded, arrays, strict=True):
                row[: len(array)] = array
            return padded

        first, *rest = (segment.observations for segment in segments)
        return SegmentBatch(
            observations=tree_map(pad_stack, first, *rest),
            actions=pad_stack(*(segment.actions for segment in segments)),
            mask=pad_stack(*(segment.mask for segment in segments)),
        )


def segment_length(
    seconds: float,
    step_seconds: float | None,
    horizon: int | None,
    *,
    low: int = 15,
    high: int = 60,
) -> int:
    """Return how many steps a segment has.

    Christiano et al. 2017, appendix A.1: 1.5 seconds, which is 15 to 60 steps of their robots. At
    most half a horizon, so that an episode offers something to compare.

    Args:
        seconds: The wanted duration, in simulated seconds, above 0.
        step_seconds: The duration of one step in seconds; None where steps have no duration, which
            gives half the longest length.
        horizon: Steps in an episode, or None where there is no limit.
        low: The shortest length, unless half the horizon is shorter.
        high: The longest length.
    """
    wanted = high // 2 if step_seconds is None else round(seconds / step_seconds)
    bounded = min(max(wanted, low), high)
    return bounded if horizon is None else max(1, min(bounded, horizon // 2))


def _split_frames(named: dict[str, Array]) -> tuple[bytes, ...] | None:
    if "frames.png" not in named:
        return None
    pieces = np.split(named["frames.png"], np.cumsum(named["frames.lengths"])[:-1])
    return tuple(piece.tobytes() for piece in pieces)
