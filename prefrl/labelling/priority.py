"""A process that stands back, so that those that people or training wait for go first."""

import contextlib
import os
from pathlib import Path

NICENESS = 10
"""About a tenth of the processor where others want all of it: little, but never nothing."""


def stand_back() -> None:
    """Give this process, which leads a session of its own, a low priority; its children inherit it.

    Linux shares processors among sessions first where "autogroups" are on, as they are by default
    (sched(7)): niceness then counts only within a session, and a session has one of its own.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # no Linux, or no autogroups
        Path("/proc/self/autogroup").write_text(str(NICENESS))
