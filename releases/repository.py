"""Git commits that are created without a checkout and whose hashes are reproducible."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from asv_verdict.vcs.git import GitFailed

#: The address of the author and committer of each commit.
COMMITTER = "releases@localhost"
_WHO = {"NAME": "releases", "EMAIL": COMMITTER}


def git(
    folder: Path,
    *command: str,
    given: str | None = None,
    check: bool = True,
    environment: Mapping[str, str] | None = None,
) -> str:
    """The output of a git command. Raises GitFailed if it fails and `check` is set."""
    done = subprocess.run(
        ["git", "-C", str(folder), *command],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if check and done.returncode:
        raise GitFailed(f"git {' '.join(command)} failed with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_file(
    folder: Path, base: str, path: str, text: str, message: str, timestamp: int, parent: str | None = None
) -> str:
    """The hash of a new commit: `base` with one file replaced, on top of `parent`. No branch points to it yet."""
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
