"""Pictures of segments, drawn when somebody has to watch them."""

from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium

from prefrl.drawing import Drawer, Frame, make_drawer
from prefrl.drawing_sources import as_tree, same_observation
from prefrl.environments import make, shown_step_seconds
from prefrl.errors import UserError
from prefrl.origins import Origin
from prefrl.rendering import from_png, make_rendering, render, shrink
from prefrl.segments import Segment
from prefrl.trees import Array, Tree, tree_map
from prefrl.video import frame_stride


class SegmentDrawer:
    """Draws segments of one environment, from whatever they hold for it.

    That is snapshots, pictures taken at the time, or an origin, from which the episode is acted out
    again and compared with what was observed.

    Args:
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.
        size: The longer side of pictures in pixels, at most; MuJoCo's are squares of that size.

    Attributes:
        stride: Steps from one picture to the next.
        frames_per_second: At which pictures play in real time, at most 30.

    Raises:
        UserError: If the environment cannot be made.
    """

    def __init__(
        self, env_id: str, env_kwargs: Mapping[str, Any] | None = None, *, size: int = 256
    ) -> None:
        """Make the environment."""
        self._env_id, self._env_kwargs, self._size = env_id, env_kwargs, size
        self._env = make(env_id, env_kwargs)
        self._rendering: gymnasium.Env[Any, Any] | None = None
        self._draw: Drawer | None = None
        step = shown_step_seconds(self._env)
        self.stride = frame_stride(step)
        self.frames_per_second = 1 / (step * self.stride)

    def pictures(self, segment: Segment) -> list[Frame]:
        """Return the pictures of a segment: its first step, and each `stride` steps later.

        Raises:
            UserError: If the segment cannot be drawn.
        """
        if segment.snapshots is not None:
            return self._from_snapshots(segment.snapshots[:: self.stride])
        if segment.frames is not None:
            return [shrink(from_png(frame), self._size) for frame in segment.frames]
        if segment.origin is not None:
            return list(self._from_replay(segment, segment.origin))
        raise UserError(
            f"segments of {self._env_id} cannot be drawn: "
            "they hold neither snapshots nor pictures nor their episode's seed"
        )

    def close(self) -> None:
        """Close the environments."""
        self._env.close()
        if self._rendering is not None:
            self._rendering.close()

    def _from_snapshots(self, snapshots: Array) -> list[Frame]:
        if self._draw is None:
            self._draw = make_drawer(self._env, self._size)
        return [self._draw(snapshot) for snapshot in snapshots]

    def _from_replay(self, segment: Segment, origin: Origin) -> Iterator[Frame]:
        if self._rendering is None:
            self._rendering = make_rendering(self._env_id, self._env_kwargs)
        env = self._rendering
        observation, _ = env.reset(seed=origin.seed)
        for action in origin.actions:
            observation = env.step(action)[0]
        for step, action in enumerate(segment.actions):
            self._check(_step_of(segment, step), observation)
            if step % self.stride == 0:
                yield shrink(render(env), self._size)
            observation = env.step(action)[0]

    def _check(self, recorded: Tree, observation: Any) -> None:
        if not same_observation(recorded, as_tree(observation)):
            raise UserError(
                f"a segment of {self._env_id} cannot be drawn: acting its episode out again "
                "gave other observations than were recorded"
            )


def _step_of(segment: Segment, step: int) -> Tree:
    return tree_map(lambda leaf: leaf[step], segment.observations)
