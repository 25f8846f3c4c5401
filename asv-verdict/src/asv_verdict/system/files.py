"""Atomic writes, and the drafts that killed runs leave behind."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

#: The size in bytes of the largest file that `regular_files` returns.
LARGEST = 100 * 2**20


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


def regular_files(folder: Path, depth: int) -> Iterator[Path]:
    """The regular files `depth` levels below `folder`, sorted; no links and no huge files."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # it is missing
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and depth > 1:
            yield from regular_files(Path(entry), depth - 1)
        elif depth == 1:
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode) and facts.st_size <= LARGEST:
                yield Path(entry)


def remove_drafts(folder: Path, *, below: bool = True) -> None:
    """Remove the temporary files that processes left in `folder`, and below, when they ended within `replace_whole`."""
    for draft in folder.rglob(".*.draft") if below else folder.glob(".*.draft"):
        process = draft.name.rsplit(".", 2)[1]
        if process.isdigit() and not _runs(int(process)):
            with contextlib.suppress(OSError):
                draft.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process > 0
