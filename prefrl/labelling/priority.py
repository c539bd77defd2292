"""A process that stands back, so that those that people or training wait for go first."""

import contextlib
import os
from pathlib import Path

NICENESS = 10
"""A tenth of a processor that one other process wants all of.

That draws a clip in about two seconds, which is as fast as people watch them; and where training
waits for people, it leaves the processor to others.
"""


def stand_back() -> None:
    """Give this process, which leads a session of its own, a low priority; its children inherit it.

    Linux shares processors among sessions first where "autogroups" are on, as they are by default
    (sched(7)): niceness then counts only within a session, and a session has one of its own.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # no Linux, or no autogroups
        Path("/proc/self/autogroup").write_text(str(NICENESS))
