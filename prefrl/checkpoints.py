"""Checkpoints: folders that are whole or not there, checked by digests."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from prefrl.errors import UserError

MANIFEST = "manifest.json"


def write_checkpoint(
    run_folder: Path, number: int, fill: Callable[[Path], None], *, keep: int = 2
) -> Path:
    """Write a checkpoint that is either whole or, if the process dies, not there.

    Args:
        run_folder: The run's folder.
        number: The checkpoint's number; later ones have higher numbers.
        fill: Writes the checkpoint's files into the folder it is given.
        keep: How many of the newest checkpoints stay.

    Returns:
        The checkpoint's folder.
    """
    parent = run_folder / "checkpoints"
    parent.mkdir(exist_ok=True)
    partial = parent / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    fill(partial)
    digests = {path.name: _digest(path) for path in sorted(partial.iterdir())}
    (partial / MANIFEST).write_text(json.dumps(digests, indent=1))
    for path in partial.iterdir():
        synchronise(path)
    final = parent / f"{number:06d}"
    shutil.rmtree(final, ignore_errors=True)
    partial.replace(final)
    synchronise(parent)
    kept = [path for path in _numbered(run_folder) if path.name <= final.name][-keep:]
    for other in set(_numbered(run_folder)) - set(kept):
        shutil.rmtree(other)  # older, or damaged and left by a run that had gone further
    return final


def whole_checkpoints(run_folder: Path) -> list[Path]:
    """Return the undamaged checkpoints of a run, oldest first."""
    return [path for path in _numbered(run_folder) if is_whole(path)]


def damaged_checkpoints(run_folder: Path) -> list[Path]:
    """Return the checkpoints whose files are missing or changed, oldest first."""
    return [path for path in _numbered(run_folder) if not is_whole(path)]


def newest_checkpoint(run_folder: Path) -> Path:
    """Return the newest undamaged checkpoint.

    Raises:
        UserError: If there is none.
    """
    whole = whole_checkpoints(run_folder)
    if not whole:
        raise UserError(f"{run_folder} has no whole checkpoint yet; go on with: prefrl resume")
    return whole[-1]


def is_whole(checkpoint: Path) -> bool:
    """Return whether all files of a checkpoint are as they were written."""
    try:
        digests = json.loads((checkpoint / MANIFEST).read_text())
        return all(_digest(checkpoint / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, AttributeError):
        return False


def _numbered(run_folder: Path) -> list[Path]:
    parent = run_folder / "checkpoints"
    return sorted(path for path in parent.glob("*") if path.name.isdecimal())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def synchronise(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
