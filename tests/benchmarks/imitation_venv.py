"""The virtual environment of imitation 1.0.1, which needs older packages than prefrl.

It is made with the Python that runs the benchmark, which must be 3.11: imitation's mujoco has no
wheels for later ones.
"""

import subprocess
import venv
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


def imitation_python(folder: Path) -> Path:
    """Return the interpreter of imitation's virtual environment."""
    return folder / "imitation" / "bin" / "python"


def install_imitation(folder: Path) -> None:
    """Make imitation's virtual environment unless it is there with these very pins."""
    record = folder / "imitation" / "pins.txt"
    pins = "\n".join(IMITATION_PINS) + "\n"
    if record.exists() and record.read_text() == pins:
        return
    print("Installing imitation in a virtual environment of its own; this takes minutes.")
    venv.create(folder / "imitation", clear=True, with_pip=True)
    pip = (str(imitation_python(folder)), "-m", "pip", "--disable-pip-version-check")
    subprocess.run([*pip, "install", "-qq", *IMITATION_PINS], check=True)
    record.write_text(pins)  # last, so that a broken installation is made again
