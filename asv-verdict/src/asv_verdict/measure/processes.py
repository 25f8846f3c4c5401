"""Run a command with a time limit. Whatever it has started ends with it, and with this process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from asv_verdict.system import supervised
from asv_verdict.system.environment import own_python_first

#: Time limit for any command of ASV and any session, in seconds: a week. Python waits for a process at most 24 days.
LONGEST_RUN = 7 * 86_400.0


def start(
    command: Sequence[str],
    root: Path,
    variables: Mapping[str, str] | None = None,
    *,
    stdin: int,
    stderr: IO[bytes] | int = subprocess.PIPE,
    temporary: str = "",
) -> subprocess.Popen[str]:
    """Start a command in `root`, with these environment variables as well.

    If this process is killed, the command and whatever it has started end too. The folder `temporary`, if given, gets
    their temporary files, and is removed at the end.
    """
    supervisor = [sys.executable, "-I", supervised.__file__, str(os.getpid()), temporary]
    folder = {"TMPDIR": temporary} if temporary else {}
    return subprocess.Popen(
        [*supervisor, *command],
        cwd=root,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**own_python_first(), **folder, **(variables or {})},
    )


def end(process: subprocess.Popen[str]) -> None:
    """End a command and whatever it has started."""
    # The supervisor ends the processes outside the group, by force after PATIENCE.
    for kind, patience in ((signal.SIGTERM, 3 * supervised.PATIENCE), (signal.SIGKILL, None)):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def run_until(
    command: Sequence[str], root: Path, seconds: float, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in `root`, with these environment variables as well.

    After `seconds` it is stopped together with its child processes. Raises subprocess.TimeoutExpired.
    """
    # What reads from a terminal would wait for an answer.
    with start(command, root, variables, stdin=subprocess.DEVNULL) as process:
        try:
            output, said = process.communicate(timeout=min(max(seconds, 0.0), LONGEST_RUN))
        finally:
            end(process)
    return subprocess.CompletedProcess(command, process.returncode, output, said)
