"""A generated history: the project as it is now, with one commit for each release, dated by it and tagged with it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.releases.pins import ROOT, CannotInstall, pins_for, with_pins
from tools.releases.table import Release

BRANCH = "main"


@dataclass
class ReleaseHistory:
    """The repository in `folder`: the commit of each release that can be installed, oldest first, and the others."""

    folder: Path
    commits: dict[Release, str] = field(default_factory=dict)
    #: Why a release is no commit.
    unavailable: dict[Release, str] = field(default_factory=dict)


def generate(
    folder: Path,
    releases: Sequence[Release],
    say: Callable[[str], None] = print,
    *,
    root: Path = ROOT,
    find_pins: Callable[[Release], Mapping[str, str]] = pins_for,
) -> ReleaseHistory:
    """Make the history, or add to one that is there what has been released since.

    The commits that are there stay as they are, and the kernels with them: their results would be of others. To measure
    today's kernels remove the folder. What is not committed in the project is not in it.
    """
    if not (folder / ".git").exists():
        _begin(folder, root)
    history = ReleaseHistory(folder)
    there = set(_git(folder, "tag").split())
    parent = _git(folder, "rev-parse", "--verify", "--quiet", BRANCH, check=False)
    newest = int(_git(folder, "show", "--no-patch", "--format=%ct", parent)) if parent else 0
    for release in releases:
        if release.tag in there:
            history.commits[release] = _git(folder, "rev-parse", f"{release.tag}^{{commit}}")
            continue
        try:
            if release.timestamp < newest:
                raise CannotInstall(f"{release.name} is older than the newest commit of {folder}; remove that folder")
            pins = find_pins(release)
        except CannotInstall as error:
            history.unavailable[release] = str(error)
            say(str(error))
            continue
        parent = history.commits[release] = _commit(folder, release, pins, parent)
        say(f"{release.date[:10]} {release.name} with {_others(pins, release)}")
    if parent:
        _git(folder, "checkout", "--quiet", "--force", "-B", BRANCH, parent)
    return history


def _begin(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet", "--initial-branch", BRANCH)
    _git(folder, "fetch", "--quiet", "--no-tags", str(root), "HEAD:refs/base/project")


def _commit(folder: Path, release: Release, pins: Mapping[str, str], parent: str) -> str:
    """Commit the project with `pins`, which is what the release changes, and tag it."""
    base = "refs/base/project"
    text = with_pins(_git(folder, "show", f"{base}:pyproject.toml") + "\n", pins)
    blob = _git(folder, "hash-object", "-w", "--stdin", given=text)
    _git(folder, "read-tree", base)
    _git(folder, "update-index", "--cacheinfo", f"100644,{blob},pyproject.toml")
    message = f"{release.name}\n\n" + "\n".join(f"{name} {version}" for name, version in sorted(pins.items()))
    parents = ("-p", parent) if parent else ()
    commit = _git(
        folder, "commit-tree", _git(folder, "write-tree"), *parents, given=message, date=f"{release.timestamp} +0000"
    )
    _git(folder, "tag", release.tag, commit)
    _git(folder, "update-ref", f"refs/heads/{BRANCH}", commit)
    return commit


def _others(pins: Mapping[str, str], release: Release) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(pins.items()) if name != release.package)


def _git(folder: Path, *command: str, given: str | None = None, date: str = "", check: bool = True) -> str:
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    done = subprocess.run(
        ["git", "-C", str(folder), *command],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **who, **dates},
    )
    if check and done.returncode:
        raise RuntimeError(f"git {' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


#: Of a generated commit, so that the same releases give the same history.
_WHO = {"NAME": "releases", "EMAIL": "releases@localhost"}
