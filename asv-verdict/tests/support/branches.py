"""A results branch for tests: git commands, and commits with any content."""

import os
import subprocess

from asv_verdict.records.results_branch import store


def git(folder, *command):
    """The output of a git command, as text."""
    done = subprocess.run(["git", "-C", str(folder), *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def files(repository):
    """The paths of the files on the branch."""
    return set(git(repository, "ls-tree", "-r", "--name-only", "results").splitlines())


def store_quietly(suite, **changes):
    """Store the suite's results on the branch of its remote."""
    store(suite.project, "results", **{"remote": "origin", "say": lambda sentence: None, **changes})


def put(suite, changes):
    """A commit on the branch results, in which paths have these modes and contents."""
    root = suite.root
    entries = []
    for path, (mode, content) in changes.items():
        written = subprocess.run(
            ["git", "-C", str(root), "hash-object", "-w", "--stdin"], input=content, capture_output=True, check=True
        )
        entries.append(f"{mode} {written.stdout.decode().strip()}\t{path}\0")
    environment = {**os.environ, "GIT_INDEX_FILE": str(root / ".git" / "scratch-index")}
    for command, given in (
        (("read-tree", "results"), None),
        (("update-index", "--add", "--replace", "-z", "--index-info"), "".join(entries)),
    ):
        subprocess.run(["git", "-C", str(root), *command], input=given, text=True, env=environment, check=True)
    written = subprocess.run(
        ["git", "-C", str(root), "write-tree"], env=environment, capture_output=True, text=True, check=True
    )
    tip = git(root, "commit-tree", written.stdout.strip(), "-p", "results", "-m", "Put")
    git(root, "update-ref", "refs/heads/results", tip)
