"""Where a segment came from, so that its episode can be acted out again."""

from dataclasses import dataclass

import numpy as np

from prefrl.trees import Array, frozen


@dataclass(frozen=True, eq=False)
class Origin:
    """The episode that a segment was cut from, up to the segment's first step.

    Attributes:
        seed: What the environment was reset with, at least 0.
        actions: What was done before the segment's first step, `[S, *act]`.
    """

    seed: int
    actions: Array

    def __post_init__(self) -> None:
        """Copy the actions and forbid writing to them."""
        object.__setattr__(self, "actions", frozen(self.actions))

    @property
    def nbytes(self) -> int:
        """The memory that it holds, in bytes."""
        return self.actions.nbytes + 8

    def named_arrays(self) -> dict[str, Array]:
        """Return the content as a flat dictionary of arrays."""
        return {"origin.seed": np.array([self.seed], np.int64), "origin.actions": self.actions}

    @staticmethod
    def from_named_arrays(named: dict[str, Array]) -> "Origin | None":
        """Rebuild what `named_arrays` returned, or None where it is not among the arrays."""
        if "origin.seed" not in named:
            return None
        return Origin(int(named["origin.seed"][0]), named["origin.actions"])
