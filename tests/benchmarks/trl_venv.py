"""The virtual environment of TRL, which prefrl does not need."""

import subprocess
import venv
from pathlib import Path

TRL_PINS = ("trl==1.16.0", "transformers==5.23.0", "torch==2.13.0")


def trl_python(folder: Path) -> Path:
    """Return the interpreter of TRL's virtual environment."""
    return folder / "trl" / "bin" / "python"


def install_trl(folder: Path) -> None:
    """Make TRL's virtual environment unless it is there with these very pins."""
    record = folder / "trl" / "pins.txt"
    pins = "\n".join(TRL_PINS) + "\n"
    if record.exists() and record.read_text() == pins:
        return
    print("Installing TRL in a virtual environment of its own; this takes minutes.")
    venv.create(folder / "trl", clear=True, with_pip=True)
    pip = (str(trl_python(folder)), "-m", "pip", "--disable-pip-version-check")
    subprocess.run([*pip, "install", "-qq", *TRL_PINS], check=True)
    record.write_text(pins)  # last, so that a broken installation is made again
