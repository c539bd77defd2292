"""Tests of prefrl.labelling.priority."""

import os
import subprocess
import sys
from pathlib import Path

from prefrl.labelling.priority import NICENESS

STAND_BACK = """
import os
from prefrl.labelling.priority import stand_back
before = os.nice(0)
stand_back()
print(os.nice(0) - before)
try:
    print(open("/proc/self/autogroup").read())
except OSError:
    pass
"""


def test_a_session_stands_back_as_a_whole() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STAND_BACK],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    raised, *group = ran.stdout.split()
    assert int(raised) == NICENESS or os.nice(0) + NICENESS > 19
    if Path("/proc/self/autogroup").exists():
        assert int(group[-1]) == NICENESS
