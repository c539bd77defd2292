"""The segments that queries are drawn from, bounded in bytes."""

import json
import math
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from prefrl.segments import Segment
from prefrl.trees import Array, space_parts

LEAST_BYTES, MOST_BYTES = 8 * 2**20, 512 * 2**20
"""Bounds of a pool that is sized for its observations, in bytes."""

ADEQUATE_SEGMENTS = 256
"""Segments among which there is enough to ask about."""


def adequate_bytes(observation_space: gymnasium.Space[Any], segment_length: int) -> int:
    """Return how many bytes a pool should have: more for images, within bounds.

    Args:
        observation_space: Of one environment.
        segment_length: Steps per segment.
    """
    parts = space_parts(observation_space).values()
    sizes = [np.dtype(part.dtype).itemsize * math.prod(part.shape or (1,)) for part in parts]
    wanted = ADEQUATE_SEGMENTS * segment_length * sum(sizes)
    return min(max(wanted, LEAST_BYTES), MOST_BYTES)


class SegmentPool:
    """A first-in, first-out collection of segments within `max_bytes`.

    The newest segment stays even if it alone is larger.

    Args:
        max_bytes: The most memory that the segments may take, in bytes.
        least_segments: So many newest segments stay beyond that, within `MOST_BYTES`, as they may
            with pictures.
    """

    def __init__(self, max_bytes: int = LEAST_BYTES, *, least_segments: int = 1) -> None:
        """Start empty."""
        self.max_bytes = max_bytes
        self._least_segments = least_segments
        self._segments: deque[Segment] = deque()
        self.nbytes = 0

    def __len__(self) -> int:
        """Return the number of segments held."""
        return len(self._segments)

    def __iter__(self) -> Iterator[Segment]:
        """Iterate from the oldest segment to the newest."""
        return iter(self._segments)

    def add(self, segment: Segment) -> None:
        """Add a segment, dropping the oldest ones where room is needed."""
        self._segments.append(segment)
        self.nbytes += segment.nbytes
        while self._is_too_large() and len(self._segments) > 1:
            self.nbytes -= self._segments.popleft().nbytes

    def _is_too_large(self) -> bool:
        has_enough = len(self._segments) > self._least_segments
        return self.nbytes > (self.max_bytes if has_enough else max(self.max_bytes, MOST_BYTES))

    def newest(self, count: int) -> list[Segment]:
        """Return the `count` newest segments, oldest first (all, where there are fewer)."""
        return list(self._segments)[-count:] if count > 0 else []

    def spread(self, count: int) -> list[Segment]:
        """Return at most `count` segments, evenly spread from the oldest to the newest."""
        stride = max(1, -(-len(self._segments) // count))
        return list(self._segments)[::stride]

    def save(self, path: Path) -> None:
        """Write all segments to a NumPy archive, arrays of one kind joined together."""
        kinds: dict[str, list[int]] = {}
        for index, segment in enumerate(self._segments):
            kinds.setdefault(_kind(segment), []).append(index)
        arrays = {}
        for number, indices in enumerate(kinds.values()):
            members = [self._segments[index].named_arrays() for index in indices]
            arrays[f"{number}/indices"] = np.array(indices)
            for name in members[0]:
                parts = [member[name] for member in members]
                arrays[f"{number}/joined/{name}"] = np.concatenate(parts)
                arrays[f"{number}/lengths/{name}"] = np.array([len(part) for part in parts])
        np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy's stub mistakes ** for allow_pickle

    def load(self, path: Path) -> None:
        """Replace the content by what `save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        found: dict[int, dict[str, Array]] = {}
        for key, joined in arrays.items():
            number, _, rest = key.partition("/")
            if not rest.startswith("joined/"):
                continue
            name = rest.removeprefix("joined/")
            ends = np.cumsum(arrays[f"{number}/lengths/{name}"])
            parts = np.split(joined, ends[:-1])
            for index, part in zip(arrays[f"{number}/indices"].tolist(), parts, strict=True):
                found.setdefault(index, {})[name] = part
        self._segments.clear()
        self.nbytes = 0
        for index in sorted(found):
            self.add(Segment.from_named_arrays(found[index]))


def _kind(segment: Segment) -> str:
    arrays = segment.named_arrays().items()
    return json.dumps([(name, array.dtype.str, array.shape[1:]) for name, array in arrays])
