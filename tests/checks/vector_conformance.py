"""Checks that a vector of environments is what Gymnasium says, which Gymnasium itself has not.

    check_vector(lambda: MyVector(num_envs=3), lambda: MyEnv())

raises an AssertionError that names the first difference to single environments in every step, from
equal seeds and with equal actions.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, iterate

Vector = VectorEnv[Any, Any, Any]
Single = gymnasium.Env[Any, Any]

SEED = 7


def check_vector(
    make_vector: Callable[[], Vector],
    make_env: Callable[[], Single],
    *,
    steps: int = 120,
    copies: bool = True,
    masks: bool = True,
) -> None:
    """Check a vector of environments against single ones.

    Args:
        make_vector: Makes the vector, always the same.
        make_env: Makes one of its environments.
        steps: Steps to compare; choose it so that episodes end, and not all at once.
        copies: Whether observations must be copies; False where it is documented that they are
            not.
        masks: Whether `reset(options={"reset_mask": mask})` must be heeded; always so under
            DISABLED, where episodes cannot begin without it.

    Raises:
        AssertionError: Where it differs.
    """
    vector, env = make_vector(), make_env()
    check_spaces(vector, env)
    env.close()
    vector.close()
    mode = vector.metadata["autoreset_mode"]
    check_steps(make_vector(), make_env, steps)
    check_seeds(make_vector(), make_env)
    if masks or mode == AutoresetMode.DISABLED:
        check_masks(make_vector(), make_env)
    if copies:
        check_copies(make_vector(), steps)


def check_spaces(vector: Vector, env: Single) -> None:
    """Check that the spaces are those of the single environment, and batches of them."""
    mode = vector.metadata.get("autoreset_mode")
    assert isinstance(mode, AutoresetMode), f"the autoreset mode is {mode!r}"
    count = vector.num_envs
    for name in ("observation_space", "action_space"):
        single = getattr(vector, f"single_{name}")
        assert single == getattr(env, name), f"single_{name} is {single}"
        assert getattr(vector, name) == batch_space(single, count), f"{name} is no batch of it"


@dataclass
class Outcome:
    """What a step gives, as lists of one entry per environment."""

    observations: list[Any]
    rewards: list[float]
    terminated: list[bool]
    truncated: list[bool]
    infos: list[dict[str, Any]]


class Singles:
    """Single environments that behave as a vector of a mode should."""

    def __init__(self, make_env: Callable[[], Single], count: int, mode: AutoresetMode) -> None:
        self.envs = [make_env() for _ in range(count)]
        self.mode = mode
        self.observations: list[Any] = [None] * count
        self.ended = np.zeros(count, bool)

    def reset(self, seeds: Sequence[int | None], mask: np.ndarray) -> list[dict[str, Any]]:
        infos: list[dict[str, Any]] = [{} for _ in self.envs]
        for place in np.flatnonzero(mask).tolist():
            self.observations[place], infos[place] = self._reset(place, seeds[place])
        self.ended[mask] = False
        return infos

    def step(self, actions: Sequence[Any]) -> Outcome:
        steps = [self._step(place, action) for place, action in enumerate(actions)]
        outcome = Outcome(*map(list, zip(*steps, strict=True)))
        self.observations = outcome.observations
        self.ended = np.logical_or(outcome.terminated, outcome.truncated)
        return outcome

    def _reset(self, place: int, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.envs[place].reset(seed=seed)
        return copy.deepcopy(observation), copy.deepcopy(info)

    def _step(self, place: int, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if self.ended[place] and self.mode == AutoresetMode.NEXT_STEP:
            observation, info = self._reset(place)
            return observation, 0.0, False, False, info
        observation, reward, terminated, truncated, info = self.envs[place].step(action)
        observation, info = copy.deepcopy(observation), copy.deepcopy(info)
        if (terminated or truncated) and self.mode == AutoresetMode.SAME_STEP:
            final = {"final_obs": observation, "final_info": info}
            observation, info = self._reset(place)
            info = {**final, **info}
        return observation, float(reward), bool(terminated), bool(truncated), info

    def close(self) -> None:
        for env in self.envs:
            env.close()


def check_steps(vector: Vector, make_env: Callable[[], Single], steps: int) -> None:
    """Check every step against single environments, through the ends of episodes."""
    count, mode = vector.num_envs, vector.metadata["autoreset_mode"]
    singles, seeds = Singles(make_env, count, mode), list(range(SEED, SEED + count))
    given, infos = vector.reset(seed=seeds)  # type: ignore[arg-type]  # Gymnasium's own take lists
    expected_infos = singles.reset(seeds, np.ones(count, bool))
    compare_observations(vector, given, singles.observations, "the reset")
    compare_infos(infos, expected_infos, "the reset")
    vector.action_space.seed(SEED)
    ends = np.zeros(count, int)
    for step in range(steps):
        ends += step_both(vector, singles, f"step {step}")
    vector.close()
    singles.close()
    assert ends.all(), f"too few steps: episodes ended {ends.tolist()} times"


def check_masks(vector: Vector, make_env: Callable[[], Single]) -> None:
    """Check that a mask resets some environments in the middle of episodes, and no others."""
    count = vector.num_envs
    assert count > 1, "masks need at least two environments to be checked"
    singles = Singles(make_env, count, vector.metadata["autoreset_mode"])
    seeds = list(range(SEED, SEED + count))
    vector.reset(seed=seeds)  # type: ignore[arg-type]
    singles.reset(seeds, np.ones(count, bool))
    vector.action_space.seed(SEED)
    for place in range(count):
        for _ in range(2):
            step_both(vector, singles, "a step between masks")
        reset_masked(vector, singles, np.arange(count) == place, f"the mask of {place}")
    vector.close()
    singles.close()


def step_both(vector: Vector, singles: Singles, where: str) -> np.ndarray:
    """Step both with random actions, and compare; return whose episodes ended."""
    actions = vector.action_space.sample()
    wanted = singles.step(list(iterate(vector.action_space, actions)))
    compare_outcomes(vector, vector.step(actions), wanted, where)
    ended = singles.ended.copy()
    if singles.mode == AutoresetMode.DISABLED and ended.any():
        reset_masked(vector, singles, ended, where)
    return ended


def reset_masked(vector: Vector, singles: Singles, mask: np.ndarray, where: str) -> None:
    """Reset some environments of both, and compare what all show then."""
    given, infos = vector.reset(options={"reset_mask": mask.copy()})
    expected = singles.reset([None] * len(mask), mask)
    compare_observations(vector, given, singles.observations, f"the masked reset at {where}")
    compare_infos(infos, expected, f"the masked reset at {where}")


def check_seeds(vector: Vector, make_env: Callable[[], Single]) -> None:
    """Check that a seed gives the same start again, and one number stands for consecutive seeds."""
    count = vector.num_envs
    everywhere = np.ones(count, bool)
    singles = Singles(make_env, count, vector.metadata["autoreset_mode"])
    for seed in (SEED, SEED + 1000, SEED):
        singles.reset(range(seed, seed + count), everywhere)
        for seeds in (seed, list(range(seed, seed + count))):
            given, _ = vector.reset(seed=seeds)  # type: ignore[arg-type]
            compare_observations(vector, given, singles.observations, f"the reset of seed {seeds}")
    vector.close()
    singles.close()


def check_copies(vector: Vector, steps: int) -> None:
    """Check that nothing that was given out changes afterwards."""
    held = [vector.reset(seed=SEED)[0]]
    copies = copy.deepcopy(held)
    vector.action_space.seed(SEED)
    for _ in range(steps):
        observations, rewards, terminated, truncated, infos = vector.step(
            vector.action_space.sample()
        )
        kept = [observations, rewards, terminated, truncated, infos.get("final_obs")]
        held.append(kept)
        copies.append(copy.deepcopy(kept))
        ended = np.logical_or(terminated, truncated)
        if vector.metadata["autoreset_mode"] == AutoresetMode.DISABLED and ended.any():
            vector.reset(options={"reset_mask": ended})
        assert equal(held[-2], copies[-2]), "a step changes what the step before gave out"
    assert equal(held, copies), "a step changes what an earlier one gave out"
    vector.close()


def compare_outcomes(vector: Vector, given: tuple[Any, ...], wanted: Outcome, where: str) -> None:
    """Compare what a step of the vector gave with that of single environments."""
    observations, rewards, terminated, truncated, infos = given
    compare_observations(vector, observations, wanted.observations, where)
    assert np.asarray(rewards).dtype.kind == "f", f"rewards of {rewards.dtype} at {where}"
    assert np.allclose(rewards, wanted.rewards, rtol=1e-6, atol=0), (
        f"rewards {rewards} at {where}, single environments gave {wanted.rewards}"
    )
    for name, flags in (("terminated", terminated), ("truncated", truncated)):
        assert flags.dtype == np.bool_, f"{name} is of {flags.dtype} at {where}"
        assert flags.tolist() == getattr(wanted, name), (
            f"{name} is {flags} at {where}, single environments gave {getattr(wanted, name)}"
        )
    compare_infos(infos, wanted.infos, where)


def compare_observations(vector: Vector, given: Any, wanted: Sequence[Any], where: str) -> None:
    """Compare a batch of observations with those of single environments."""
    space = vector.observation_space
    assert space.contains(given), f"the observation at {where} is not in {space}"
    for place, (one, single) in enumerate(zip(iterate(space, given), wanted, strict=True)):
        assert equal(one, single), (
            f"environment {place} shows {one} at {where}, a single environment {single}"
        )


def compare_infos(infos: dict[str, Any], wanted: Sequence[dict[str, Any]], where: str) -> None:
    """Compare infos with those of single environments; `_key` must say whose `key` is."""
    keys = {key for info in wanted for key in info}
    given = {key for key in infos if not (key[:1] == "_" and key[1:] in infos)}
    assert given == keys, f"infos hold {sorted(given)} at {where}, single ones {sorted(keys)}"
    for key in keys:
        there = [key in info for info in wanted]
        mask = infos.get(f"_{key}")
        assert mask is not None, f"infos have {key!r} at {where} without its mask '_{key}'"
        assert np.asarray(mask).tolist() == there, f"the mask '_{key}' is {mask} at {where}"
        parts = [info.get(key, {}) for info in wanted]
        if isinstance(infos[key], dict) and key != "final_obs":
            compare_infos(infos[key], parts, f"{key!r} of {where}")
            continue
        for place in np.flatnonzero(there).tolist():
            one = entry(infos[key], place)
            assert equal(one, parts[place]), f"{key!r} of {place} is {one} at {where}"


def entry(column: Any, place: int) -> Any:
    """Return what a column of infos says of one environment."""
    if isinstance(column, dict):
        return {key: entry(part, place) for key, part in column.items()}
    return column[place]


def equal(one: Any, other: Any) -> bool:
    """Return whether two observations, or lists of them, hold the same numbers."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        pairs = zip(one, other, strict=True)
        return len(one) == len(other) and all(equal(*pair) for pair in pairs)
    if isinstance(one, np.ndarray) and one.dtype == object:
        return equal(list(one), list(other))
    return np.array_equal(one, other)
