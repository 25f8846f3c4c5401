"""Busy processes beside a measurement."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep `count` processes busy during the block; they end with the block, or with this process."""
    counting = "while kill -0 $0; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"
    command = ["sh", "-c", counting, str(os.getpid())]
    busy = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
