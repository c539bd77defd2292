"""One thread for every numerical library of a process that is started."""

import os


def single_threaded() -> dict[str, str]:
    """Return an environment in which every numerical library has one thread."""
    libraries = ("OMP", "MKL", "OPENBLAS")
    return os.environ | {f"{library}_NUM_THREADS": "1" for library in libraries}
