"""Virtual environments of peers, which need other packages than prefrl.

They are made with the Python that runs the benchmark; imitation's must be 3.11, since its mujoco
has no wheels for later ones.
"""

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path

IMITATION_PINS = (
    "imitation==1.0.1",
    "stable-baselines3==2.2.1",
    "gymnasium[mujoco]==0.29.1",
    "mujoco==2.3.7",
    "numpy==1.26.4",
    "torch==2.13.0",
    "setuptools==80.10.2",
)
TRL_PINS = ("trl==1.16.0", "transformers==5.23.0", "torch==2.13.0")


def install_peer(folder: Path, pins: Sequence[str]) -> None:
    """Make a virtual environment unless it is there with these very pins."""
    record, wanted = folder / "pins.txt", "\n".join(pins) + "\n"
    if record.exists() and record.read_text() == wanted:
        return
    print(f"Installing {pins[0]} in a virtual environment of its own; this takes minutes.")
    venv.create(folder, clear=True, with_pip=True)
    pip = (str(peer_python(folder)), "-m", "pip", "--disable-pip-version-check")
    subprocess.run([*pip, "install", "-qq", *pins], check=True)
    record.write_text(wanted)  # last, so that a broken installation is made again


def peer_python(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return folder / "bin" / "python"
