"""Keys and values of texts side by side, each row with a length of its own."""

from typing import Any

import torch
from torch import Tensor


class KeyValueSlots:
    """Holds what attention needs of N texts, and stands in for the library's cache.

    The library's own caches append to all rows at the same place; here each row has its own, so
    that texts begin and end independently of each other.

    Args:
        count: The number of rows N.
        context: Most tokens of a text, L.
    """

    is_sliding: tuple[bool, ...] = ()
    is_compileable = False

    def __init__(self, count: int, context: int) -> None:
        """Start with nothing; memory is taken layer by layer when it is needed."""
        self._shape = (count, context)
        self._layers: list[tuple[Tensor, Tensor]] = []
        self.write_at(None, torch.zeros(count, 1, dtype=torch.int64))

    def write_at(self, rows: Tensor | None, positions: Tensor) -> None:
        """Say where the next keys and values belong.

        Args:
            rows: Which rows they are of, `[R]`; None for all.
            positions: Places in those, `[R, Q]`.
        """
        count = self._shape[0]
        self._rows = rows
        self._places = (torch.arange(count) if rows is None else rows)[:, None]
        self._positions = positions
        self._used = int(positions.max()) + 1
        self.mask = (torch.arange(self._used) <= positions[:, :, None])[:, None]
        """Which places each new one attends to, `[R, 1, Q, K]` bool."""

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Write a layer's keys and values, `[R, H, Q, D]`; return all so far, `[R, H, K, D]`."""
        if layer == len(self._layers):
            count, context = self._shape
            size = (count, keys.shape[1], context, keys.shape[3])
            self._layers.append((keys.new_zeros(size), values.new_zeros(size)))
        all_keys, all_values = self._layers[layer]
        all_keys[self._places, :, self._positions] = keys.transpose(1, 2)
        all_values[self._places, :, self._positions] = values.transpose(1, 2)
        if self._rows is not None:
            all_keys, all_values = all_keys[self._rows], all_values[self._rows]
        return all_keys[:, :, : self._used], all_values[:, :, : self._used]

    def get_seq_length(self, *_: Any) -> int:
        """Return 0: positions are always given."""
        return 0
