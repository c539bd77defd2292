"""Tests of prefrl.environments."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from prefrl.environments import find_spec, make, make_vector, step_seconds
from prefrl.errors import UserError


class Still(gymnasium.Env[Any, Any]):
    """An environment in which nothing happens."""

    observation_space = action_space = spaces.Discrete(2)

    def __init__(self, gravity: float = 1.0) -> None:
        self.gravity = gravity

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        return 0, 0.0, False, False, {}


def needs_package() -> Still:
    raise gymnasium.error.DependencyNotInstalled("run `pip install a-simulator`")


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register tiny environments, for the length of a test."""
    before = dict(gymnasium.registry)
    gymnasium.register("testing/Still-v0", f"{__name__}:Still")
    gymnasium.register("testing/Needs-v0", f"{__name__}:needs_package")
    yield
    for name in gymnasium.registry.keys() - before:
        del gymnasium.registry[name]


def test_an_environment_is_made_with_its_arguments() -> None:
    env = make("testing/Still-v0", {"gravity": 9.5})
    assert env.unwrapped.gravity == 9.5  # type: ignore[attr-defined]
    assert env.reset()[0] == 0


def test_arguments_that_it_does_not_take_are_reported() -> None:
    with pytest.raises(
        UserError, match=r"testing/Still-v0 cannot be made with these arguments: .*grav"
    ):
        make("testing/Still-v0", {"grav": 1.0})


def test_near_matches_are_named() -> None:
    with pytest.raises(UserError, match=r"did you mean .*testing/Still-v0"):
        find_spec("testing/Stil-v0")


@pytest.mark.parametrize("name", ["testing/Still-v3", "Nowhere", "a/b/c", "", "Zzzzz-v0", ":"])
def test_unknown_ids_are_user_errors(name: str) -> None:
    with pytest.raises(UserError, match="no environment is registered"):
        find_spec(name)


def test_an_id_like_no_other_explains_the_form_with_a_module() -> None:
    with pytest.raises(UserError, match="use module:Id for a package's own ids"):
        find_spec("Qqqqqqqqqq-v0")


@pytest.mark.parametrize(
    ("name", "package", "module"),
    [("ALE/Nothing-v5", "ale-py", "ale_py"), ("highway-nothing-v9", "highway-env", "highway_env")],
)
def test_the_package_of_a_known_family_is_named(name: str, package: str, module: str) -> None:
    with pytest.raises(UserError, match=f"pip install '{package}', then use {module}:{name}"):
        find_spec(name)


def test_a_missing_module_is_named_with_its_package() -> None:
    with pytest.raises(UserError, match=r"'no_such_module' is not installed.*no-such-module"):
        find_spec("no_such_module:Some-v0")


def test_a_module_that_lacks_a_package_of_its_own_names_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "worlds_for_a_test.py").write_text("import another_missing_one\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="'another_missing_one' is not installed"):
        find_spec("worlds_for_a_test:World-v0")


def test_the_module_of_an_id_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more_worlds_for_a_test.py").write_text(
        "import gymnasium\ngymnasium.register('testing/Other-v0', 'somewhere:Other')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert find_spec("more_worlds_for_a_test:testing/Other-v0").id == "testing/Other-v0"
    assert "more_worlds_for_a_test" in sys.modules


def test_a_package_that_an_environment_lacks_is_reported() -> None:
    with pytest.raises(UserError, match=r"testing/Needs-v0 needs a package.*a-simulator"):
        make("testing/Needs-v0")


def test_messages_are_one_line() -> None:
    for name in ("testing/Stil-v0", "no_such_module:Some-v0", "ALE/Pong-v5", "Qqqqqqqq-v0"):
        with pytest.raises(UserError) as caught:
            find_spec(name)
        assert re.fullmatch(".+", str(caught.value))


@pytest.mark.parametrize(
    ("dt", "rate", "seconds"),
    [(0.05, 10, 0.05), (None, 20, 0.05), (None, None, None), (None, 0, None)],
)
def test_step_seconds(dt: float | None, rate: int | None, seconds: float | None) -> None:
    env = Still()
    env.metadata = {"render_fps": rate}
    if dt is not None:
        env.dt = dt  # type: ignore[attr-defined]
    assert step_seconds(gymnasium.wrappers.TimeLimit(env, 5)) == seconds


class Instructed(gymnasium.Env[Any, Any]):
    """Observes a number and an instruction."""

    observation_space = spaces.Dict({"number": spaces.Box(0, 1, (1,)), "mission": spaces.Text(9)})
    action_space = spaces.Discrete(2)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        return {"number": np.zeros(1, np.float32), "mission": "go"}, {}


def test_dict_observations_become_plain() -> None:
    gymnasium.register("testing/Instructed-v0", entry_point=lambda **_: Instructed())
    env = make("testing/Instructed-v0")
    assert isinstance(env.observation_space, spaces.Dict)
    assert list(env.observation_space) == ["number"]
    assert list(env.reset()[0]) == ["number"]


def test_batched_environments_are_made_where_they_are_registered() -> None:
    assert make_vector("testing/Still-v0", 3) is None
    vector = make_vector("CartPole-v1", 3, {"sutton_barto_reward": True})
    assert vector is not None
    assert vector.num_envs == 3
    vector.reset(seed=0)
    assert vector.step(np.zeros(3, int))[1].tolist() == [0, 0, 0]
    with pytest.raises(UserError, match=r"CartPole-v1 cannot be made with these .*no_such"):
        make_vector("CartPole-v1", 3, {"no_such": 1})
