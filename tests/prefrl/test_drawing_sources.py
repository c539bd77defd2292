"""Tests of prefrl.drawing_sources."""

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.drawing_sources import Camera, drawing_source, same_observation
from prefrl.environments import make
from prefrl.rendering import from_png
from prefrl.trees import Array


class Noise(gymnasium.Env[Any, Any]):
    """Observes random numbers, the same again for the same seed."""

    observation_space = spaces.Box(0, 1, (1,))
    action_space = spaces.Discrete(2)
    steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return self.observe(), {}

    def step(self, action: int) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        return self.observe(), 0.0, False, False, {}

    def observe(self) -> Array:
        return self.np_random.random(1)


class Rendered(Noise):
    """Shows the number of steps."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 60}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def render(self) -> Any:
        return np.full((300, 600, 3), self.steps, np.uint8)


class Unseeded(Rendered):
    """Is random whatever its seed."""

    def observe(self) -> Array:
        return np.random.default_rng().random(1)


class Remembering(Rendered):
    """Observes how many episodes there were before."""

    episodes = 0

    def reset(self, **kwargs: Any) -> tuple[Array, dict[str, Any]]:
        self.episodes += 1
        return super().reset(**kwargs)

    def observe(self) -> Array:
        return np.array([self.episodes])


class Blind(Unseeded):
    """Says that it renders, and cannot."""

    def render(self) -> Any:
        raise ImportError("no module named window")


class Windowless(Rendered):
    """Cannot even be made to render."""

    def __init__(self, render_mode: str | None = None) -> None:
        if render_mode is not None:
            raise RuntimeError("no display")


class Pictured(Unseeded):
    """Offers snapshots."""

    def snapshot(self) -> Array:
        return np.array(self.steps)

    def draw(self, snapshot: Array) -> Any:
        return np.full((2, 2, 3), snapshot, np.uint8)


SOURCES = {
    Noise: "nothing",
    Rendered: "replay",
    Unseeded: "frames",
    Remembering: "frames",
    Blind: "nothing",
    Windowless: "nothing",
    Pictured: "snapshots",
}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register the environments, for the length of a test."""
    for kind in SOURCES:
        gymnasium.register(f"testing/{kind.__name__}-v0", f"{__name__}:{kind.__name__}")
    yield
    for kind in SOURCES:
        del gymnasium.registry[f"testing/{kind.__name__}-v0"]


@pytest.mark.parametrize(("kind", "source"), SOURCES.items())
def test_each_kind_has_its_source(kind: type, source: str) -> None:
    env_id = f"testing/{kind.__name__}-v0"
    assert drawing_source(env_id, None, make(env_id)) == source


def test_what_says_nothing_to_pygame_can_be_replayed() -> None:
    assert drawing_source("CartPole-v1", None, make("CartPole-v1")) == "replay"


def test_pictures_are_small_and_at_most_thirty_a_second() -> None:
    env = Rendered()
    camera = Camera(env)
    pictures = []
    for _ in range(2):
        env.reset()
        camera.restart()
        for _ in range(3):
            pictures.append(camera.look())
            env.step(0)
    assert [from_png(picture).mean() for picture in pictures] == [0, 0, 2, 0, 0, 2]
    assert pictures[0] is pictures[1]
    assert from_png(pictures[0]).shape == (128, 256, 3)


def test_observations_are_the_same_only_when_all_parts_are() -> None:
    one = {"a": np.array([1.0, np.nan]), "b": np.array(2)}
    assert same_observation(one, {**one, "a": np.array([1.0, np.nan])})
    assert not same_observation(one, {**one, "b": np.array(3)})
    assert same_observation(one, dict(reversed(one.items())))  # as a store may give them back
