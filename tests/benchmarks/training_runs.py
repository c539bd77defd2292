"""Runs of `prefrl train` that are made where they are missing, and resumed where they stopped."""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def make_run(folder: Path, words: Sequence[str], seed: int) -> None:
    """Make one run, or go on with it, unless it is finished.

    Args:
        folder: The run's folder; what it prints goes to a log beside it.
        words: Of `prefrl train`, without seed and folder.
        seed: The run's.
    """
    folder = folder.resolve()
    train = ["train", *words, "--seed", str(seed), "--out", str(folder)]
    command = [sys.executable, "-m", "prefrl.agents.cli", *train]
    if (folder / "config.json").exists():
        made_by = json.loads((folder / "config.json").read_text())["command"]
        if made_by != shlex.join(["prefrl", *train]):
            sys.exit(f"{folder} was made by another command: {made_by}; give another --folder")
        command[3:] = ["resume", str(folder)]
    if (folder / "result.json").exists():
        return
    with folder.with_suffix(".log").open("a") as log:
        subprocess.run(command, check=True, cwd=folder.parent, stdout=log, stderr=log)
