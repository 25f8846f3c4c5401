"""A branch for results, in a separate worktree, so that committing results never starts a new night."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from asv_verdict.asv_io.merge import keep
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.project import Project
from asv_verdict.records.expected_cells import FOLDER as EXPECTED_CELLS
from asv_verdict.records.expected_cells import read_expected_cells, write_expected_cells
from asv_verdict.system.files import replace_whole
from asv_verdict.vcs.repository import GitFailed

#: How often a push is tried; another machine may have pushed in the meantime.
TRIES = 5
#: Folders of the branch; the expected cells lie in MANIFESTS.
RESULTS, REPORTS, NOISE = "results", "reports", "noise"


def store(project: Project, branch: str, remote: str = "", say: Callable[[str], None] = print) -> None:
    """Commit results, reports, noise floors and expected cells to `branch`; push it if `remote` is given.

    No number on the branch is ever lost. Raises GitFailed if every push is rejected.
    """
    for number in range(TRIES):
        worktree = _worktree(project, branch, remote, say)
        for sentence in _give(project, worktree):
            say(sentence)
        _git(worktree, "add", "--all")
        if _git(worktree, "status", "--porcelain"):
            _git(worktree, "commit", "--quiet", "--message", "Add results")
        if not remote:
            return
        try:
            _git(worktree, "push", "--quiet", remote, f"HEAD:refs/heads/{branch}")
            return
        except GitFailed as error:
            say(f"{remote} rejected push {number + 1} of {TRIES}: {error}")
            time.sleep(2.0**number)
    raise GitFailed(
        f"cannot push {branch} to {remote} after {TRIES} attempts; this machine's branch {branch} holds the results"
    )


def fetch(project: Project, branch: str, remote: str = "", say: Callable[[str], None] = print) -> None:
    """Copy results, reports, noise floors and expected cells from `branch` to the folders that a night reads."""
    worktree = _worktree(project, branch, remote, say)
    for sentence in _take(project, worktree):
        say(sentence)


def _worktree(project: Project, branch: str, remote: str, say: Callable[[str], None]) -> Path:
    """The branch's worktree, updated from the remote; a new, empty branch if neither side has one.

    If this machine's branch has commits that the remote lacks, their files are first copied to the folders that a
    night reads, so that nothing is lost.
    """
    path = project.folder / "branch"
    here, there = _tip_here(project, branch), _tip_there(project, branch, remote)
    if here and there and not _succeeds(project.root, "merge-base", "--is-ancestor", here, there):
        for sentence in _take(project, _at(project, path, branch, here)):
            say(sentence)
    tip = there or here
    if tip is None:
        empty = _git(project.root, "mktree", given="")
        tip = _git(project.root, "commit-tree", empty, "-m", "Begin")
    return _at(project, path, branch, tip)


def _tip_here(project: Project, branch: str) -> str | None:
    if _succeeds(project.root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
        return _git(project.root, "rev-parse", f"refs/heads/{branch}")
    return None


def _tip_there(project: Project, branch: str, remote: str) -> str | None:
    """None if the remote has no such branch. Raises GitFailed if the remote does not answer."""
    if not remote or not _git(project.root, "ls-remote", remote, f"refs/heads/{branch}"):
        return None
    _git(project.root, "fetch", "--quiet", remote, f"refs/heads/{branch}")
    return _git(project.root, "rev-parse", "FETCH_HEAD")


def _at(project: Project, path: Path, branch: str, tip: str) -> Path:
    """The worktree `path` with `branch` checked out and reset to `tip`."""
    _git(project.root, "worktree", "prune")
    if (path / ".git").exists() and _git(path, "rev-parse", "--abbrev-ref", "HEAD") == branch:
        _git(path, "reset", "--quiet", "--hard", tip)
        _git(path, "clean", "--quiet", "--force", "-d")
        return path
    shutil.rmtree(path, ignore_errors=True)
    _git(project.root, "worktree", "prune")
    _git(project.root, "worktree", "add", "--quiet", "--force", "-B", branch, str(path), tip)
    return path


def _give(project: Project, worktree: Path) -> list[str]:
    sentences = keep(project.results, worktree / RESULTS) if project.results.exists() else []
    _copy_new(project.folder / REPORTS, worktree / REPORTS, ("report.json", "report.md", "*.svg"))
    _copy_new(project.root / project.settings.noise, worktree / NOISE, ("*.json",))
    _join_expected_cells(project.folder / EXPECTED_CELLS, worktree / EXPECTED_CELLS, sentences)
    return sentences


def _take(project: Project, worktree: Path) -> list[str]:
    sentences = keep(worktree / RESULTS, project.results) if (worktree / RESULTS).exists() else []
    _copy_new(worktree / REPORTS, project.folder / REPORTS, ("report.json", "report.md", "*.svg"))
    _copy_new(worktree / NOISE, project.root / project.settings.noise, ("*.json",))
    _join_expected_cells(worktree / EXPECTED_CELLS, project.folder / EXPECTED_CELLS, sentences)
    return sentences


def _join_expected_cells(source: Path, target: Path, sentences: list[str]) -> None:
    """Add the expected cells of `source` to `target`. A night drops the cells that are accepted as gone."""
    for path in sorted(source.glob("*.json")):
        there = target / path.name
        try:
            write_expected_cells(there, read_expected_cells(path) | read_expected_cells(there))
        except Unreadable as error:
            sentences.append(str(error))


def _copy_new(source: Path, target: Path, patterns: tuple[str, ...]) -> None:
    """Copy files that `target` lacks, and files that have grown: a noise file only ever gains pairs."""
    for pattern in patterns:
        for path in source.rglob(pattern):
            there = target / path.relative_to(source)
            if "runs" in path.relative_to(source).parts or (
                there.exists() and there.stat().st_size >= path.stat().st_size
            ):
                continue
            replace_whole(there, path.read_bytes())


def _succeeds(root: Path, *command: str) -> bool:
    return subprocess.run(["git", "-C", str(root), *command], capture_output=True, check=False).returncode == 0


def _git(root: Path, *command: str, given: str | None = None) -> str:
    done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, input=given, check=False)
    if done.returncode:
        raise GitFailed(f"git {' '.join(command)} exited with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()
