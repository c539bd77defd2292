"""Making environments by id, with errors that say what to do."""

import contextlib
import difflib
import importlib
import inspect
import os
from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.vector import AutoresetMode, VectorEnv

from prefrl.errors import UserError
from prefrl.gl import choose_gl
from prefrl.plain_observations import PlainObservation, is_plain

PACKAGES = {
    "ALE": "ale-py",
    "MiniGrid": "minigrid",
    "BabyAI": "minigrid",
    "highway": "highway-env",
    "Meta": "metaworld",
    "dm_control": "shimmy[dm-control]",
    "mo": "mo-gymnasium",
}
"""Where the ids that begin with a word come from; to name in errors, not to install."""


def find_spec(env_id: str) -> EnvSpec:
    """Return the registered spec of an id, importing the module that the id names.

    Args:
        env_id: Gymnasium's `Id` or `module:Id`.

    Raises:
        UserError: If the module or the id is unknown; names near matches or the package to install.
    """
    module, _, name = env_id.rpartition(":")
    if module:
        _import(module)
    try:
        return gymnasium.spec(name)
    except gymnasium.error.Error as error:
        raise UserError(_unknown(name)) from error


def make(env_id: str, kwargs: Mapping[str, Any] | None = None) -> gymnasium.Env[Any, Any]:
    """Make an environment, without Gymnasium's passive checker, which costs time each step.

    Dict observations become plain, see `PlainObservation`.

    Args:
        env_id: Gymnasium's `Id` or `module:Id`.
        kwargs: Arguments for the environment.

    Raises:
        UserError: If the id is unknown, or something that the environment needs is not installed.
    """
    _tame_pygame()
    spec = find_spec(env_id)
    if "mujoco" in str(spec.entry_point):
        quiet_mujoco()
    with _clear_errors(env_id):
        env = gymnasium.make(spec, disable_env_checker=True, **(kwargs or {}))
    return env if is_plain(env.observation_space) else PlainObservation(env)


def make_vector(
    env_id: str, num_envs: int, kwargs: Mapping[str, Any] | None = None
) -> VectorEnv[Any, Any, Any] | None:
    """Make environments that are computed in one batch, where the id is registered with such.

    A vector that takes an `autoreset_mode` gets SAME_STEP, which every agent can use.

    Args:
        env_id: Gymnasium's `Id` or `module:Id`.
        num_envs: How many environments.
        kwargs: Arguments for the environments.

    Returns:
        The vector, or None where there is none.

    Raises:
        UserError: As `make`.
    """
    spec = find_spec(env_id)
    if spec.vector_entry_point is None or spec.additional_wrappers:
        return None
    with _clear_errors(env_id):
        entry_point = spec.vector_entry_point
        create = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        given = dict(kwargs or {})
        if "autoreset_mode" in inspect.signature(create).parameters:
            given["autoreset_mode"] = AutoresetMode.SAME_STEP
        batched = gymnasium.VectorizeMode.VECTOR_ENTRY_POINT
        return gymnasium.make_vec(spec, num_envs, batched, **given)


@contextlib.contextmanager
def _clear_errors(env_id: str) -> Iterator[None]:
    try:
        yield
    except (gymnasium.error.DependencyNotInstalled, ImportError) as error:
        raise UserError(f"{env_id} needs a package that is not installed: {error}") from error
    except TypeError as error:
        raise UserError(f"{env_id} cannot be made with these arguments: {error}") from error
    except gymnasium.error.Error as error:
        raise UserError(f"{env_id} cannot be made: {error}") from error


def quiet_mujoco() -> None:
    """Silence MuJoCo's warnings, which it prints to the terminal and to a log file.

    Gymnasium's models use attributes that MuJoCo 4 calls deprecated, which nobody who trains on
    them can change. A simulation that becomes unstable shows in observations that are not finite.
    """
    choose_gl()
    with contextlib.suppress(ImportError):
        import mujoco

        mujoco.set_mju_user_warning(lambda message: None)


def _tame_pygame() -> None:
    """Keep pygame, by which many environments draw, to drawing; called before it is imported.

    It complains where there is no display to open, greets, and catches SIGTERM to do nothing.
    """
    if not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        # Not "dummy", for which highway-env draws nothing but black.
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")


def step_seconds(env: gymnasium.Env[Any, Any]) -> float | None:
    """Return how long a step lasts in an environment's world, in seconds, where it is known."""
    duration = getattr(env.unwrapped, "dt", None)
    if duration is not None:
        return float(duration)
    rate = env.metadata.get("render_fps")
    return 1 / float(rate) if rate else None


UNKNOWN_STEP_SECONDS = 1 / 15
"""How long a step is shown where an environment does not say how long it lasts, in seconds."""


def shown_step_seconds(env: gymnasium.Env[Any, Any]) -> float:
    """Return how long a step is shown in films, in seconds."""
    return step_seconds(env) or UNKNOWN_STEP_SECONDS


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except (TypeError, ValueError) as error:
        raise UserError(f"{module!r} is no module; use module:Id") from error
    except ModuleNotFoundError as error:
        package = (error.name or module).replace("_", "-")
        raise UserError(
            f"the package {error.name!r} is not installed; try: pip install {package}"
        ) from error


def _unknown(name: str) -> str:
    family = name.split("/")[0].split("-")[0]
    near = difflib.get_close_matches(name, gymnasium.registry, n=3, cutoff=0.6)
    if family in PACKAGES and not any(other.startswith(family) for other in gymnasium.registry):
        package = PACKAGES[family]
        module = package.split("[")[0].replace("-", "_")
        return f"{name} is not registered; pip install '{package}', then use {module}:{name}"
    hint = f"did you mean {', '.join(near)}?" if near else "use module:Id for a package's own ids"
    return f"no environment is registered as {name!r}; {hint}"
