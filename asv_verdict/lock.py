"""One run at a time. The system drops the lock when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


class Busy(RuntimeError):
    """Another run holds the lock."""


@contextlib.contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Hold the lock of `path` for the block. Raises Busy where another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"another run is under way; it holds {path}") from None
    try:
        yield
    finally:
        lock.release()
