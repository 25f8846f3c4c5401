"""`detect` on the results that SciPy publishes: its time, its memory, and what it prints first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

from studies.drills.project import clone
from studies.drills.row import Outcome, Task, Unavailable

SOURCE = "https://github.com/pv/scipy-bench"
#: Limits: seconds of processor time, which other work on the machine hardly changes, and bytes of memory.
MOST_SECONDS, MOST_BYTES = 15.0, 700e6
#: The lines of a screen.
SCREEN = 60


def run(task: Task) -> Outcome:
    """Run `detect` once on the whole folder."""
    source = task.clones.get("scipy", SOURCE)
    try:
        clone(source, task.folder / "results")
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"cannot clone {source}: {error.stderr.strip()}") from error
    results = task.folder / "results" / "results"
    files = len(list(results.rglob("*-*.json")))
    command = [sys.executable, "-m", "asv_verdict", "detect", str(results)]
    with tempfile.TemporaryFile("w+") as output:
        begin = time.monotonic()
        process = subprocess.Popen(command, cwd=task.folder, stdout=output, stderr=output)
        _, waited, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(waited)
        output.seek(0)
        lines = output.read().splitlines()
    seconds = usage.ru_utime + usage.ru_stime
    largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    failures = []
    if process.returncode:
        failures.append(f"exit status {process.returncode}: {lines[-1:]}")
    if seconds > MOST_SECONDS:
        failures.append(f"{seconds:.1f} s of processor time: expected at most {MOST_SECONDS:.0f} s")
    if largest > MOST_BYTES:
        failures.append(f"{largest / 1e6:.0f} MB: expected at most {MOST_BYTES / 1e6:.0f} MB")
    if len(lines) > SCREEN * 2 or not any(re.search(r"\b\d{4}-\d\d-\d\d\b", line) for line in lines[:SCREEN]):
        failures.append(f"{len(lines)} lines: expected at most {SCREEN * 2}, with dates in the first {SCREEN}")
    result = f"{seconds:.1f} s of processor time ({wall:.1f} s elapsed), {largest / 1e6:.0f} MB, {len(lines)} lines"
    return Outcome(f"detect on SciPy's published results, {files:,} files", result, tuple(failures))
