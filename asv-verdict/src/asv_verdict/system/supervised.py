"""Run a command. When it or the caller ends, end every process that it started.

ASV gives each benchmark a process group of its own, so benchmarks keep running after the group of `asv run` has ended.
On Linux this process adopts every orphan of the command and receives a signal when its caller dies, even by SIGKILL.

`supervised.py CALLER FOLDER COMMAND…`: CALLER is the id of the calling process. FOLDER, unless it is empty, holds the
temporary files of the command, and is removed at the end. This module imports only the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from types import FrameType

#: Options of prctl(2).
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
#: Seconds that processes have between SIGTERM and SIGKILL.
PATIENCE = 5.0
#: The place of the number of threads in /proc/PID/stat, after the parent (proc(5)).
THREADS = 15


def main(command: list[str], caller: int, folder: str) -> int:
    """The exit status of `command`, as a shell gives it, after every process that it started has ended.

    Then `folder` is removed.
    """
    adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        if os.getppid() != caller:  # the caller ended before adopt_orphans asked for the signal
            return 128 + signal.SIGTERM
        process = subprocess.Popen(command)
        status = process.wait()
    finally:
        end_descendants(os.getpid())
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process, and receive SIGTERM when its own parent ends."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _leave(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def end_descendants(parent: int, spared: Collection[int] = ()) -> None:
    """End the processes below `parent` by SIGTERM, and by SIGKILL those that still run after PATIENCE seconds.

    The processes in `spared` keep running.
    """
    for kind, seconds in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, PATIENCE)):
        deadline = time.monotonic() + seconds
        signalled: set[int] = set()
        while (left := _left(parent, spared)) and time.monotonic() < deadline:
            for process in left - signalled:  # also processes that were started after the first signal
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, kind)
            signalled |= left
            time.sleep(0.02)


def _left(parent: int, spared: Collection[int]) -> set[int]:
    """The running processes below `parent` that are not spared.

    A process whose parent ends while this process reads /proc may look like one of somebody else, so "none" counts
    twice.
    """
    return descendants(parent).difference(spared) or descendants(parent).difference(spared)


def descendants(parent: int) -> set[int]:
    """The running processes below `parent`. Those that have ended are collected, so that none stays as a zombie.

    A process whose main thread has ended is a zombie that still runs, and still has its child processes.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    parents, ended = {}, set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, above, *others = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(above)
            if state == "Z" and int(others[THREADS]) <= 1:
                ended.add(int(entry.name))
    found: set[int] = set()
    while added := {process for process, above in parents.items() if above in {parent, *found}} - found:
        found |= added
    return found - ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[3:], int(sys.argv[1]), sys.argv[2]))
