"""Run a command with a time limit. Whatever it has started ends with it, and with this process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from asv_verdict.system import supervised
from asv_verdict.system.environment import own_python_first

#: Time limit for any command of ASV and any session, in seconds: a week. Python waits for a process at most 24 days.
LONGEST_RUN = 7 * 86_400.0


def run_until(
    command: Sequence[str],
    root: Path,
    seconds: float,
    *,
    errors: int = subprocess.PIPE,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in `root`, with these environment variables as well; `errors` is where its errors go.

    After `seconds` it is stopped together with its child processes. Raises subprocess.TimeoutExpired.
    """
    # If this process is killed, nothing that it has started may keep running into the next night.
    supervisor = [sys.executable, "-I", supervised.__file__, str(os.getpid())]
    process = subprocess.Popen(
        [*supervisor, *command],
        cwd=root,
        stdin=subprocess.DEVNULL,  # what reads from a terminal, such as pip, would wait for an answer
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**own_python_first(), **(variables or {})},
    )
    with process:  # closes its pipes
        try:
            output, said = process.communicate(timeout=min(max(seconds, 0.0), LONGEST_RUN))
        finally:
            if process.poll() is None:
                _end_group(process)
    return subprocess.CompletedProcess(command, process.returncode, output, said)


def _end_group(process: subprocess.Popen[str]) -> None:
    # The supervisor ends the processes outside the group, by force after PATIENCE.
    for kind, patience in ((signal.SIGTERM, 3 * supervised.PATIENCE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue
