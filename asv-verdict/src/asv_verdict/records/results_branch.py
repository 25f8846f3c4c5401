"""A separate branch for results, reports, noise floors and expected cells.

Storing them adds no commit to the measured branch: such a commit would start a new night.

The branch is never checked out. Its regular files are copied to a scratch folder, joined with those of this machine,
and committed on top of it. Other files of the branch stay as they are.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from asv_verdict.asv_io.merge import keep
from asv_verdict.project import Project
from asv_verdict.records.expected_cells import FOLDER as EXPECTED_CELLS
from asv_verdict.records.joining import NIGHT, PLOT, join_expected_cells, join_noise, join_reports
from asv_verdict.records.night_noise import FOLDER as NIGHT_NOISE
from asv_verdict.records.night_noise import join_night_noise
from asv_verdict.records.past_nights import FOLDER as REPORTS
from asv_verdict.system.lock import only_run
from asv_verdict.vcs.branch_files import commit_folder, commit_tree, export, files_of, is_plain
from asv_verdict.vcs.git import REMOTE, GitFailed, git, not_an_option, succeeds

#: How often a push is tried; another machine may have pushed in the meantime.
TRIES = 5
#: Folders of the branch, besides those of the reports and of the expected cells.
RESULTS, NOISE = "results", "noise"
#: Held by `store` and `fetch`, which share a scratch folder: a night stores while somebody may fetch.
LOCK = "branch.lock"
#: The names of files that are read from the branch.
NAMES = re.compile(
    rf"{RESULTS}/benchmarks\.json|{RESULTS}/[^/]+/[^/]+|({NOISE}|{NIGHT_NOISE})/[^/]+/[^/]+\.json"
    rf"|{EXPECTED_CELLS}/[^/]+\.json|{REPORTS}/{NIGHT.pattern}/(report\.json|{PLOT.pattern})"
)


def store(project: Project, branch: str, remote: str = "", say: Callable[[str], None] = print) -> list[str]:
    """Commit results, reports, noise and expected cells to `branch`; push it if `remote` is given.

    No number on the branch is ever lost. Returns a sentence for each file that was not stored. Raises GitFailed if
    every push fails, and Busy if another process uses the branch for too long.
    """
    _check(project, branch, remote)
    with only_run(project.folder / LOCK, REMOTE):
        for number in range(TRIES):
            here = _tip_here(project.root, branch)
            tip = _tip(project, branch, remote, here, say) or _empty_commit(project.root)
            with _scratch(project, tip, say) as folder:
                sentences = _join(_of(project), _at(folder), say) + _without_other_names(folder, say)
                commit = commit_folder(project.root, tip, folder, "Add results")
            try:
                _move(project, branch, here, commit)
                if remote:
                    git(project.root, "push", "--quiet", remote, f"{commit}:refs/heads/{branch}", seconds=REMOTE)
                return sentences
            except GitFailed as error:
                what = f"push {number + 1} of {TRIES} to {remote}" if remote else f"attempt {number + 1} of {TRIES}"
                say(f"{what} failed: {error}")
                if number + 1 < TRIES:
                    time.sleep(2.0**number)
    if not remote:
        raise GitFailed(f"cannot update the branch {branch} after {TRIES} attempts")
    raise GitFailed(
        f"cannot push {branch} to {remote} after {TRIES} attempts; this machine's branch {branch} holds the results"
    )


def fetch(project: Project, branch: str, remote: str = "", say: Callable[[str], None] = print) -> None:
    """Copy results, reports, noise floors and expected cells from `branch` to the folders that a night reads.

    Raises GitFailed if the remote does not answer, and Busy if another process uses the branch for too long.
    """
    _check(project, branch, remote)
    with only_run(project.folder / LOCK, REMOTE):
        here = _tip_here(project.root, branch)
        tip = _tip(project, branch, remote, here, say)
        if tip is None:
            there = f", neither here nor on {remote}" if remote else ""
            say(f"there is no branch {branch} yet{there}: nothing to fetch")
            return
        _take(project, tip, say)
        try:
            _move(project, branch, here, tip)
        except GitFailed as error:  # the files are there all the same
            say(f"the branch {branch} of this repository was not updated: {error}")


def _check(project: Project, branch: str, remote: str) -> None:
    """Raise GitFailed unless these are names that git accepts, of a branch that is neither checked out nor measured."""
    not_an_option("branch", branch)
    # A branch HEAD would make the name of the present commit ambiguous.
    if branch == "HEAD" or not succeeds(project.root, "check-ref-format", f"refs/heads/{branch}"):
        raise GitFailed(f"branch {branch!r}: expected a name that git accepts, such as results")
    if remote:
        not_an_option("remote", remote)
    for where, facts in _worktrees(project.root):
        if f"branch refs/heads/{branch}" in facts and where.resolve() != _scratch_folder(project).resolve():
            raise GitFailed(f"branch {branch!r} is checked out in {where}: expected a branch that only holds results")
    if branch in project.configuration.get("branches", ()):
        raise GitFailed(f"branch {branch!r} is measured: expected a branch that only holds results")


def _worktrees(root: Path) -> list[tuple[Path, list[str]]]:
    """The folder of each worktree, and what git says about it."""
    listed = git(root, "worktree", "list", "--porcelain").decode(errors="replace").split("\n\n")
    return [(Path(path.removeprefix("worktree ")), facts) for path, *facts in filter(None, map(str.splitlines, listed))]


def _scratch_folder(project: Project) -> Path:
    return project.folder / "branch"


def _tip(project: Project, branch: str, remote: str, here: str | None, say: Callable[[str], None]) -> str | None:
    """The newest commit of the branch, the remote's if the remote has the branch; None if neither side has it.

    `here` is the tip of this machine's branch. If the remote lacks it, the files of the branch are first copied to the
    folders that a night reads, so that nothing is lost.
    """
    there = _tip_there(project.root, branch, remote)
    if here and there and not succeeds(project.root, "merge-base", "--is-ancestor", here, there):
        _take(project, here, say)
    return there or here


def _tip_here(root: Path, branch: str) -> str | None:
    if not succeeds(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
        return None
    return git(root, "rev-parse", f"refs/heads/{branch}").decode().strip()


def _tip_there(root: Path, branch: str, remote: str) -> str | None:
    """None if the remote has no such branch. Raises GitFailed if the remote does not answer."""
    if not remote:
        return None
    name = f"refs/heads/{branch}"
    listed = git(root, "ls-remote", remote, name, seconds=REMOTE).decode(errors="replace").splitlines()
    tip = next((commit for commit, _, ref in (line.partition("\t") for line in listed) if ref == name), None)
    if tip:
        # Another process of this clone, such as `git pull`, may be using FETCH_HEAD.
        git(root, "fetch", "--quiet", "--no-write-fetch-head", remote, name, seconds=REMOTE)
    return tip


def _empty_commit(root: Path) -> str:
    tree = git(root, "mktree", given=b"").decode().strip()
    return commit_tree(root, tree, "Begin")


def _move(project: Project, branch: str, here: str | None, commit: str) -> None:
    """Move the branch from `here` to a commit. Raises GitFailed if another process has moved it since."""
    git(project.root, "update-ref", f"refs/heads/{branch}", commit, here or "")


@contextlib.contextmanager
def _scratch(project: Project, commit: str, say: Callable[[str], None]) -> Iterator[Path]:
    """A temporary folder with those files of a commit that this package reads."""
    folder = _scratch_folder(project)
    _remove(folder)
    if any(where.resolve() == folder.resolve() for where, _ in _worktrees(project.root)):  # of version 0.1
        git(project.root, "worktree", "remove", "--force", "--force", str(folder))
    folder.mkdir(parents=True)
    try:
        files, sentences = files_of(project.root, commit, (RESULTS, NOISE, EXPECTED_CELLS, REPORTS))
        for sentence in sentences:
            say(f"results branch: {sentence}")
        export(project.root, (file for file in files if NAMES.fullmatch(file.path)), folder)
        yield folder
    finally:
        _remove(folder)


def _without_other_names(folder: Path, say: Callable[[str], None]) -> list[str]:
    """Remove the files that nobody would read from the branch; returns and says a sentence for each."""
    paths = {path: path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    others = sorted(path for path, name in paths.items() if not NAMES.fullmatch(name) or not is_plain(name))
    sentences = [f"cannot store {paths[path]!r}: expected a shorter name of printable characters" for path in others]
    for path, sentence in zip(others, sentences, strict=True):
        path.unlink()
        say(sentence)
    return sentences


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _take(project: Project, commit: str, say: Callable[[str], None]) -> None:
    with _scratch(project, commit, say) as folder:
        _join(_at(folder), _of(project), say)


def _at(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in (RESULTS, REPORTS, NOISE, NIGHT_NOISE, EXPECTED_CELLS))


def _of(project: Project) -> tuple[Path, ...]:
    """The folders that a night reads and writes, in the order of `_at`."""
    own = project.folder
    noise = project.root / project.settings.noise
    return (project.results, own / REPORTS, noise, own / NIGHT_NOISE, own / EXPECTED_CELLS)


def _join(sources: tuple[Path, ...], targets: tuple[Path, ...], say: Callable[[str], None]) -> list[str]:
    """Join the folders; returns and says a sentence for each file that could not be joined."""
    sentences = []
    for join, source, target in zip(
        (keep, join_reports, join_noise, join_night_noise, join_expected_cells), sources, targets, strict=True
    ):
        sentences += join(source, target)
    for sentence in sentences:
        say(sentence)
    return sentences
