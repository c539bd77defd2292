"""The check of vectors passes Gymnasium's own and finds planted faults."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from vector_conformance import check_vector

MODES = list(AutoresetMode)


def make_cart() -> gymnasium.Env[Any, Any]:
    return gymnasium.make("CartPole-v1", disable_env_checker=True)


class Dice(gymnasium.Env[Any, Any]):
    """Throws a die; ends at a six, or after five throws. Says much in its infos."""

    observation_space = spaces.Dict(
        {"die": spaces.Discrete(6, start=1), "sum": spaces.Box(0, 99, (1,))}
    )
    action_space = spaces.Discrete(2)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=kwargs.get("seed"))
        self.die, self.sum, self.throws = 1, int(self.np_random.integers(10)), 0
        return self._look(), {"first": self.sum}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.die = int(self.np_random.integers(1, 7))
        self.sum += self.die + int(action)
        self.throws += 1
        info: dict[str, Any] = {"words": f"a {self.die}", "half": {"sum": self.sum / 2}}
        if self.die == 5:
            info["five"] = True
        return self._look(), float(self.die), self.die == 6, self.throws == 5, info

    def _look(self) -> dict[str, Any]:
        return {"die": np.int64(self.die), "sum": np.array([self.sum], np.float32)}


MAKERS = [make_cart, Dice]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", MAKERS)
def test_gymnasiums_own_vector_passes(
    make: Callable[[], gymnasium.Env[Any, Any]], mode: AutoresetMode
) -> None:
    check_vector(lambda: SyncVectorEnv([make] * 3, autoreset_mode=mode), make)


def test_vectors_that_share_memory_pass_where_that_is_documented() -> None:
    shared = partial(SyncVectorEnv, [make_cart] * 3, copy=False)
    check_vector(shared, make_cart, copies=False)
    with pytest.raises(AssertionError, match="changes what the step before gave out"):
        check_vector(shared, make_cart)


class DeafToSeeds(SyncVectorEnv):
    """Fault: ignores seeds."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=None, options=options)


class DeafToSecondSeed(SyncVectorEnv):
    """Fault: takes a seed only once."""

    seeded = False

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        seed, self.seeded = None if self.seeded else seed, True
        return super().reset(seed=seed, options=options)


class ResetsAll(SyncVectorEnv):
    """Fault: ignores the mask."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=seed)


class ResetsTwice(SyncVectorEnv):
    """Fault: after a masked reset, still resets by a step."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool)).copy()
        reset = super().reset(seed=seed, options=options)
        self._autoreset_envs |= mask & (seed is None)
        return reset


class PaysForResets(SyncVectorEnv):
    """Fault: the step that resets has a reward."""

    def step(self, actions: Any) -> Any:
        observations, rewards, *rest = super().step(actions)
        return observations, np.ones_like(rewards), *rest


class NeverResets(SyncVectorEnv):
    """Fault: goes on after the end."""

    def step(self, actions: Any) -> Any:
        self._autoreset_envs[:] = False
        return super().step(actions)


class LosesLast(SyncVectorEnv):
    """Fault: its last observation is the next episode's first one."""

    def step(self, actions: Any) -> Any:
        observations, *rest, infos = super().step(actions)
        if "final_obs" in infos:
            ended = np.flatnonzero(infos["_final_obs"])
            infos["final_obs"][ended] = list(observations[ended])
        return observations, *rest, infos


class Wide(SyncVectorEnv):
    """Fault: float64 observations in a space of float32."""

    def step(self, actions: Any) -> Any:
        observations, *rest = super().step(actions)
        return observations.astype(np.float64), *rest


class Numbered(SyncVectorEnv):
    """Fault: ends as numbers."""

    def step(self, actions: Any) -> Any:
        observations, rewards, terminated, *rest = super().step(actions)
        return observations, rewards, terminated.astype(int), *rest


class Maskless(SyncVectorEnv):
    """Fault: infos without masks."""

    def step(self, actions: Any) -> Any:
        *rest, infos = super().step(actions)
        return *rest, {key: value for key, value in infos.items() if key[0] != "_"}


class Nameless(SyncVectorEnv):
    """Fault: no autoreset mode."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metadata = {}


NEXT, SAME, DISABLED = MODES
FAULTS = [
    (DeafToSeeds, make_cart, NEXT, "at the reset"),
    (DeafToSecondSeed, make_cart, SAME, "at the reset of seed"),
    (ResetsAll, make_cart, DISABLED, "at the masked reset"),
    (ResetsAll, make_cart, SAME, "at the masked reset"),
    (ResetsTwice, make_cart, NEXT, "at a step between masks"),
    (PaysForResets, make_cart, NEXT, "rewards"),
    (NeverResets, Dice, NEXT, "at step"),
    (LosesLast, make_cart, SAME, "'final_obs' of"),
    (Wide, make_cart, NEXT, "is not in"),
    (Numbered, make_cart, NEXT, "terminated is of int64"),
    (Maskless, Dice, NEXT, "without its mask"),
    (Nameless, make_cart, NEXT, "the autoreset mode is None"),
]


@pytest.mark.parametrize(("faulty", "make", "mode", "message"), FAULTS)
def test_planted_faults_are_found(
    faulty: type[SyncVectorEnv],
    make: Callable[[], gymnasium.Env[Any, Any]],
    mode: AutoresetMode,
    message: str,
) -> None:
    with pytest.raises(AssertionError, match=message):
        check_vector(lambda: faulty([make] * 3, autoreset_mode=mode), make)


def test_other_spaces_and_too_few_steps_are_found() -> None:
    with pytest.raises(AssertionError, match="single_observation_space is"):
        check_vector(lambda: SyncVectorEnv([Dice] * 2), make_cart)
    with pytest.raises(AssertionError, match="too few steps"):
        check_vector(lambda: SyncVectorEnv([make_cart] * 2), make_cart, steps=3)
