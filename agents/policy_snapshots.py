"""Small copies of the policy, kept over training to look at later."""

from pathlib import Path

import numpy as np
from stable_baselines3.common.policies import BasePolicy

from prefrl.checkpoints import synchronise
from prefrl.errors import UserError
from prefrl.tensors import load_module, save_module

FOLDER = "policies"

MOST_SNAPSHOTS = 20
"""Copies of a policy that a run keeps at most."""

MOST_BYTES = 64_000_000
"""About the most that all copies together take on the disk; three are kept whatever they take."""


def snapshot_rounds(rounds: int, policy_bytes: int) -> set[int]:
    """Return after how many rounds the policy is copied, evenly spread, first and last included.

    Args:
        rounds: Rounds of the run, at least 1.
        policy_bytes: What one copy takes.
    """
    most = min(MOST_SNAPSHOTS, max(3, MOST_BYTES // policy_bytes), rounds + 1)
    return {int(round_) for round_ in np.round(np.linspace(0, rounds, most))}


def policy_bytes(policy: BasePolicy) -> int:
    """Return what a copy of a policy takes, in bytes."""
    return sum(tensor.nbytes for tensor in policy.state_dict().values())


def write_snapshot(run_folder: Path, steps: int, policy: BasePolicy) -> None:
    """Write a copy of a policy that is either whole or not there.

    Args:
        run_folder: The run's folder.
        steps: Environment steps taken so far.
        policy: What to copy.
    """
    folder = run_folder / FOLDER
    folder.mkdir(exist_ok=True)
    partial = folder / "partial"
    save_module(partial, policy)
    synchronise(partial)
    partial.replace(_path(run_folder, steps))


def snapshot_steps(run_folder: Path) -> list[int]:
    """Return after how many environment steps a run's policy was copied, ascending."""
    found = (run_folder / FOLDER).glob("*.safetensors")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


def kept_snapshots(run_folder: Path) -> list[int]:
    """Return `snapshot_steps`, of which there must be some.

    Raises:
        UserError: If there are none.
    """
    kept = snapshot_steps(run_folder)
    if not kept:
        raise UserError(f"{run_folder} kept no policies over training; watch only its last one")
    return kept


def load_snapshot(run_folder: Path, steps: int, policy: BasePolicy) -> None:
    """Read a copy into a policy of the same shape.

    Args:
        run_folder: The run's folder.
        steps: One of `snapshot_steps`.
        policy: Takes over the copy's weights and statistics.

    Raises:
        UserError: If there is no such copy, or it cannot be read.
    """
    path = _path(run_folder, steps)
    try:
        load_module(path, policy)
    except FileNotFoundError:
        there = ", ".join(map(str, snapshot_steps(run_folder))) or "none"
        raise UserError(
            f"{run_folder} has no policy of {steps} steps; choose one of: {there}"
        ) from None
    except Exception as error:  # safetensors has a kind of its own, and torch raises RuntimeError
        raise UserError(f"{path} cannot be read ({error}); delete it to go on without") from error


def _path(run_folder: Path, steps: int) -> Path:
    return run_folder / FOLDER / f"{steps:010d}.safetensors"
