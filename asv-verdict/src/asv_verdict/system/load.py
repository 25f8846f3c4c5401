"""Background load: the processor cores that are busy while this process waits."""

from __future__ import annotations

import os
import time
from pathlib import Path

#: How long the load is observed, in seconds.
SECONDS = 0.2


def busy_cores() -> float:
    """The number of busy cores of this machine, on average over SECONDS; 0 on a system without /proc/stat."""
    begin, before = time.monotonic(), _busy_seconds()
    time.sleep(SECONDS)
    return round(max(0.0, (_busy_seconds() - before) / (time.monotonic() - begin)), 1)


def _busy_seconds() -> float:
    """Seconds of all cores together, since the start, that were neither idle nor waiting for a disk (proc(5))."""
    try:
        user, nice, system, _, _, *others = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")
