"""Pictures of episodes, drawn while an agent acts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prefrl.drawing import Frame, make_drawer, snapshot_reader
from prefrl.environments import make, shown_step_seconds
from prefrl.errors import UserError
from prefrl.rendering import make_rendering, offers_images, render
from prefrl.video import frame_stride


class EpisodeDrawer:
    """Acts in one environment and draws what happens.

    Args:
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.
        size: Height and width of drawn robots, in pixels.

    Attributes:
        frames_per_second: At which pictures play in real time, at most 30.

    Raises:
        UserError: If the environment cannot be made or drawn.
    """

    def __init__(
        self, env_id: str, env_kwargs: Mapping[str, Any] | None = None, *, size: int = 256
    ) -> None:
        """Make the environment."""
        env = make(env_id, env_kwargs)
        read = snapshot_reader(env)
        self._look: Callable[[], Frame]
        if read is not None:
            draw = make_drawer(env, size)
            self._look = lambda: draw(read())
        else:
            env.close()
            if not offers_images(env):
                raise UserError(f"{env_id} cannot be drawn: it has neither snapshots nor images")
            rendering = env = make_rendering(env_id, env_kwargs)
            self._look = lambda: render(rendering)
        self._env = env
        self._step_seconds = shown_step_seconds(env)
        self._stride = frame_stride(self._step_seconds)
        self.frames_per_second = 1 / (self._step_seconds * self._stride)

    def pictures(
        self,
        act: Callable[[Any], Any],
        *,
        seed: int = 0,
        seconds: float = 10.0,
        progress: Callable[[float], None] = lambda share: None,
    ) -> Iterator[Frame]:
        """Act for an episode and yield its pictures, the last of them of how it ended.

        Args:
            act: Gives the action for an observation.
            seed: Determines the episode's start.
            seconds: The longest duration; the rest of the episode is left out.
            progress: Called with the share done, in (0, 1].
        """
        steps = max(1, round(seconds / self._step_seconds))
        observation, _ = self._env.reset(seed=seed)
        for step in range(steps):
            if step % self._stride == 0:
                yield self._look()
                progress((step + 1) / steps)
            observation, _, terminated, truncated, _ = self._env.step(act(observation))
            if terminated or truncated:
                break
        yield self._look()
        progress(1.0)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
