"""Virtual environments for other packages' Tetris, made once below a folder."""

import subprocess
import venv
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"

PINS = {
    # Its jax, of 383 MB, is not needed by the environment that is measured.
    "tetris-gymnasium": ("tetris-gymnasium==0.3.1",),
    "rl-tetris": ("rl-tetris==0.2.3",),
}
SHARED_PINS = ("gymnasium==1.2.3", "numpy==2.2.6", "opencv-python-headless==4.12.0.88")


def peer_python(name: str, folder: Path) -> Path:
    """Return the interpreter of a peer's virtual environment, making it unless it is there.

    Args:
        name: A key of `PINS`.
        folder: Where virtual environments are.
    """
    home = folder.resolve() / name
    record, python = home / "pins.txt", home / "bin" / "python"
    pins = "\n".join((*PINS[name], *SHARED_PINS)) + "\n"
    if record.exists() and record.read_text() == pins:
        return python
    print(f"Installing {name} in a virtual environment of its own.", flush=True)
    venv.create(home, clear=True, with_pip=True)
    pip = (str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq")
    subprocess.run([*pip, *SHARED_PINS], check=True)
    subprocess.run([*pip, "--no-deps", *PINS[name]], check=True)
    record.write_text(pins)  # last, so that a broken installation is made again
    return python
