"""The folder of a run: its settings, and files that are replaced as a whole."""

import fcntl
import importlib.metadata
import json
import platform
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from prefrl.errors import UserError
from prefrl.store import LabelStore

from .settings import RunSettings

FORMAT = 1
"""The version of the run folder's layout; folders of another version are refused."""

LABELS = "labels.sqlite"
"""The label store of a run on a learned reward."""

Agent: TypeAlias = Literal["ppo", "tamer"]

_PACKAGES = ("prefrl", "gymnasium", "mujoco", "numpy", "stable-baselines3", "torch")


class Settings(Protocol):
    """What determines a run of some agent."""

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""


def create_run_folder(
    folder: Path, settings: Settings, command: Sequence[str] = (), *, agent: Agent = "ppo"
) -> None:
    """Make a run's folder and write `config.json`: every setting, and the versions in use.

    Args:
        folder: The folder to make.
        settings: What determines the run.
        command: The words of the command line that started it, where one did.
        agent: Who learns.

    Raises:
        UserError: If the folder exists with something in it, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(path.name != "config.partial" for path in folder.iterdir()):
            raise UserError(
                f"{folder} is not empty; choose another --out, or: prefrl resume {folder}"
            )
        config = {
            "format": FORMAT,
            "agent": agent,
            "command": shlex.join(command) or None,
            "settings": settings.to_json(),
            "versions": _versions(),
        }
        write_json(folder / "config.json", config)
    except OSError as error:
        raise UserError(
            f"cannot write to {folder}: {error.strerror}; choose another --out"
        ) from error


@contextmanager
def claim_run(folder: Path) -> Iterator[None]:
    """Keep other processes from training a run; a process that dies lets go of its claim.

    Raises:
        UserError: If another process has the run.
    """
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder} is being trained by another process") from None
        yield


def read_config(folder: Path) -> dict[str, Any]:
    """Return what `config.json` holds: format, agent, command, settings and versions.

    Raises:
        UserError: If the folder is no run, or of another version.
    """
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text())
        version = config["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is no run: it has no readable config.json") from error
    if version != FORMAT:
        raise UserError(
            f"{folder} was written by another version of prefrl (run format {version}, "
            f"this one reads {FORMAT}); use the version named in its config.json"
        )
    return config


def agent_of(folder: Path) -> Agent:
    """Return who learns in a run.

    Raises:
        UserError: If the folder is no run, or of another version.
    """
    return "tamer" if read_config(folder).get("agent") == "tamer" else "ppo"


def read_settings(folder: Path) -> RunSettings:
    """Return the settings of a run of PPO.

    Raises:
        UserError: If the folder is no run of PPO, or of another version.
    """
    config = read_config(folder)
    if config.get("agent") == "tamer":
        raise UserError(
            f"{folder} is a run of TAMER, which compares nothing and has no policy network; "
            "only resume and watch take it, and Python: prefrl.agents.tamer.model.load_model"
        )
    try:
        return RunSettings.from_json(config["settings"])
    except (KeyError, TypeError) as error:
        message = f"{folder / 'config.json'} does not hold a run's settings: {error}"
        raise UserError(message) from error


def open_store(folder: Path) -> LabelStore:
    """Return the label store of a run.

    Raises:
        UserError: If the folder is no run, or it has no readable label store.
    """
    read_settings(folder)
    path = folder / LABELS
    if not path.exists():
        raise UserError(f"{folder} has no labels")
    return LabelStore(path)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON file that is replaced as a whole."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n")
    partial.replace(path)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
