"""Spaces as JSON, so that a reward model can be rebuilt without pickles."""

from typing import Any

import numpy as np
from gymnasium import Space, spaces

from prefrl.errors import UserError
from prefrl.trees import Array


def space_to_json(space: Space[Any]) -> dict[str, Any]:
    """Return a space as JSON values.

    Args:
        space: Box, Discrete, MultiDiscrete, MultiBinary, or a Dict of these.

    Raises:
        UserError: If the space is of another kind.
    """
    if isinstance(space, spaces.Dict):
        return {"kind": "Dict", "spaces": {k: space_to_json(s) for k, s in space.items()}}
    if isinstance(space, spaces.Box):
        bounds = {"low": _bound_to_json(space.low), "high": _bound_to_json(space.high)}
        return {"kind": "Box", **bounds, "shape": list(space.shape), "dtype": str(space.dtype)}
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete):
        counts = {"nvec": space.nvec.tolist(), "start": np.asarray(space.start).tolist()}
        return {"kind": "MultiDiscrete", **counts, "dtype": str(space.dtype)}
    if isinstance(space, spaces.MultiBinary):
        return {"kind": "MultiBinary", "shape": list(space.shape)}
    raise UserError(f"a {type(space).__name__} space cannot be written to a file")


def space_from_json(values: dict[str, Any]) -> Space[Any]:
    """Rebuild a space from what `space_to_json` returned."""
    match values["kind"]:
        case "Dict":
            return spaces.Dict({k: space_from_json(s) for k, s in values["spaces"].items()})
        case "Box":
            shape, dtype = tuple(values["shape"]), np.dtype(values["dtype"])
            low = _bound_from_json(values["low"], shape, dtype)
            return spaces.Box(low, _bound_from_json(values["high"], shape, dtype), dtype=dtype.type)
        case "Discrete":
            return spaces.Discrete(values["n"], start=values["start"])
        case "MultiDiscrete":
            dtype = np.dtype(values["dtype"])
            return spaces.MultiDiscrete(values["nvec"], dtype=dtype.type, start=values["start"])
        case "MultiBinary":
            shape = values["shape"]
            return spaces.MultiBinary(shape if len(shape) != 1 else shape[0])
        case kind:
            raise UserError(f"{kind!r} is no kind of space that this version of prefrl knows")


def _bound_to_json(bound: Array) -> Any:
    # Images have one bound for all pixels; numbers are strings where JSON has no word for them.
    if bound.size and (bound == bound.flat[0]).all():
        return str(bound.flat[0])
    return [str(value) for value in bound.ravel()]


def _bound_from_json(values: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    if isinstance(values, str):
        return np.full(shape, dtype.type(values), dtype)
    return np.array([dtype.type(value) for value in values], dtype).reshape(shape)
