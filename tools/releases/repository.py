"""Git: commits that are made without a checkout, and have the same hash whenever they are made."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

_WHO = {"NAME": "releases", "EMAIL": "releases@localhost"}


class GitFailed(RuntimeError):
    """A command of git that failed, with what it said."""


def git(
    folder: Path,
    *command: str,
    given: str | None = None,
    check: bool = True,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command says. Raises GitFailed, unless it is not to be checked."""
    done = subprocess.run(
        ["git", "-C", str(folder), *command],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if check and done.returncode:
        raise GitFailed(f"git {' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_file(
    folder: Path, base: str, path: str, text: str, message: str, timestamp: int, parent: str | None = None
) -> str:
    """The hash of a commit that is `base` but for one file, with `parent` before it; no branch has it yet."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    dates = {f"GIT_{role}_DATE": f"{timestamp} +0000" for role in ("AUTHOR", "COMMITTER")}
    blob = git(folder, "hash-object", "-w", "--stdin", given=text)
    with tempfile.TemporaryDirectory() as draft:  # the index of the checkout stays as it is
        index = {"GIT_INDEX_FILE": str(Path(draft) / "index")}
        git(folder, "read-tree", base, environment=index)
        git(folder, "update-index", "--cacheinfo", f"100644,{blob},{path}", environment=index)
        tree = git(folder, "write-tree", environment=index)
    parents = ("-p", parent) if parent else ()
    return git(folder, "commit-tree", tree, *parents, given=message, environment={**who, **dates})
