"""How segments will be drawn: decided before training; pictures taken meanwhile where need be."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import gymnasium
import numpy as np

from prefrl.drawing import snapshot_reader
from prefrl.environments import make, shown_step_seconds
from prefrl.errors import UserError
from prefrl.rendering import make_rendering, offers_images, render, shrink, to_png
from prefrl.trees import Tree, tree_leaves, tree_map
from prefrl.video import frame_stride

DrawingSource: TypeAlias = Literal["snapshots", "replay", "frames", "nothing"]
"""What is recorded: states to draw, seeds and actions to act out again, or pictures."""

LARGEST_PICTURE = 256
"""The longer side of recorded pictures, in pixels."""

TRIAL_STEPS = 30
"""Steps of the episode on which it is tried whether an environment repeats itself."""


def drawing_source(
    env_id: str, env_kwargs: Mapping[str, Any] | None, env: gymnasium.Env[Any, Any]
) -> DrawingSource:
    """Return how segments of a kind of environment are to be drawn.

    From snapshots where there are any. Else from what the environment renders: later, where the
    same seed and actions give the same episode again, and while it is stepped where they do not.

    Args:
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.
        env: One of the kind; its own state is not changed.
    """
    if snapshot_reader(env) is not None:
        return "snapshots"
    if not offers_images(env):
        return "nothing"
    try:
        rendering = make_rendering(env_id, env_kwargs)
    except Exception:  # training must go on, whatever other people's environments raise
        return "nothing"
    plain = make(env_id, env_kwargs)
    try:
        renders = _renders(rendering)
        if _agree(plain, rendering):
            return "replay"
        return "frames" if renders else "nothing"
    finally:
        plain.close()
        rendering.close()


class Camera:
    """Takes pictures of an environment that renders, at 30 a second or less.

    Args:
        env: Made by `make_rendering`.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Take no picture yet."""
        self._env = env
        self._stride = frame_stride(shown_step_seconds(env))
        self.restart()

    def restart(self) -> None:
        """Note that an episode begins."""
        self._steps = 0

    def look(self) -> bytes:
        """Return the picture of this step as a PNG file, or the last one where this has none."""
        if self._steps % self._stride == 0:
            self._picture = to_png(shrink(render(self._env), LARGEST_PICTURE))
        self._steps += 1
        return self._picture


def same_observation(one: Tree, other: Tree) -> bool:
    """Return whether two observations are exactly equal."""
    pairs = zip(tree_leaves(one), tree_leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def as_tree(observation: Any) -> Tree:
    """Return what an environment observed as arrays."""
    return tree_map(np.asarray, observation)


def _renders(env: gymnasium.Env[Any, Any]) -> bool:
    env.reset(seed=1)
    try:
        shrink(render(env), LARGEST_PICTURE)
    except (UserError, ImportError):
        return False
    return True


def _agree(used: gymnasium.Env[Any, Any], fresh: gymnasium.Env[Any, Any]) -> bool:
    # An episode must not depend on how many came before it, nor on whether it was rendered.
    for seed in (1, 2):
        _random_episode(used, seed)
    one, other = _random_episode(used, seed=0), _random_episode(fresh, seed=0)
    return len(one) == len(other) and all(map(same_observation, one, other))


def _random_episode(env: gymnasium.Env[Any, Any], seed: int) -> list[Tree]:
    env.action_space.seed(seed)
    observations = [as_tree(env.reset(seed=seed)[0])]
    for _ in range(TRIAL_STEPS):
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        observations.append(as_tree(observation))
        if terminated or truncated:
            break
    return observations
