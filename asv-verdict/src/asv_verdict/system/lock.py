"""One run at a time. The operating system releases the lock when its process ends, also after a crash."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


class Busy(RuntimeError):
    """Another run holds the lock."""


@contextlib.contextmanager
def only_run(path: Path, seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock `path` during the block. Raises Busy if another process still holds it after `seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"another run holds the lock {path}; wait until it ends") from None
    try:
        yield
    finally:
        lock.release()
