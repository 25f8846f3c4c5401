"""Copy folders of a downloaded artifact: `python take_artifact.py ARTIFACT TARGET FOLDER...`.

Measured code can write anything into an artifact, and a job that reads it may push or post. Through a symbolic link,
such a job would publish a file of the runner; in a folder `.git`, git would run the hooks. So this script copies only
the regular files of the named folders, without hidden ones. It refuses an artifact that holds anything but files and
folders.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

#: GitHub rejects a push with a larger file, and with it all results of the night.
LARGEST = 100 * 2**20


def take(artifact: Path, target: Path, folders: list[str]) -> int:
    """Copy the regular files of `folders` to the same folders of `target`; returns their number.

    Raises ValueError, before anything is copied, for an entry that is neither a file nor a folder or is too large.
    """
    found = list(_files(artifact))
    taken = [path for path in found if any(path.is_relative_to(artifact / folder) for folder in folders)]
    taken = [path for path in taken if not any(part.startswith(".") for part in path.relative_to(artifact).parts)]
    for path in taken:
        there = target / path.relative_to(artifact)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, there, follow_symlinks=False)
    return len(taken)


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield from _files(Path(entry.path))
        elif not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{entry.path!r} is a link or a special file: expected only files and folders")
        elif status.st_size > LARGEST:
            raise ValueError(f"{entry.path!r} has {status.st_size} bytes: expected at most {LARGEST}")
        else:
            yield Path(entry.path)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit("usage: python take_artifact.py ARTIFACT TARGET FOLDER...")
    source = Path(sys.argv[1])
    if not source.exists():  # a night that stopped early uploads nothing
        raise SystemExit(f"there is no artifact in {source}")
    try:
        print(f"copied {take(source, Path(sys.argv[2]), sys.argv[3:])} files")
    except ValueError as error:
        raise SystemExit(f"refused the artifact: {error}") from error
