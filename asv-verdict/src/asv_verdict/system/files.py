"""Atomic writes."""

from __future__ import annotations

import os
from pathlib import Path


def replace_whole(path: Path, content: str | bytes) -> None:
    """Write a temporary file next to `path` and rename it, so that readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        with draft.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
