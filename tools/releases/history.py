"""A generated history: the project as it is now, with one commit for each release, dated by it and tagged with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.releases.pins import ROOT, CannotInstall, pins_for, pins_in, with_pins
from tools.releases.repository import commit_file, git
from tools.releases.table import Release

#: The exact versions for a release, given those of the release before it, if any.
FindPins = Callable[[Release, Mapping[str, str] | None], Mapping[str, str]]

BRANCH = "main"
#: The project's commit that all of them are made from.
BASE = "refs/base/project"


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
    find_pins: FindPins = pins_for,
) -> ReleaseHistory:
    """Make the history, or add to one that is there what has been released since.

    The commits that are there stay as they are, and the kernels with them: their results would be of others. To measure
    today's kernels remove the folder. What is not committed in the project is not in it.
    """
    if not (folder / ".git").exists():
        _begin(folder, root)
    history = ReleaseHistory(folder)
    there = set(git(folder, "tag").split())
    parent = git(folder, "rev-parse", "--verify", "--quiet", BRANCH, check=False)
    newest = int(git(folder, "show", "--no-patch", "--format=%ct", parent)) if parent else 0
    for release in releases:
        if release.tag in there:
            history.commits[release] = git(folder, "rev-parse", f"{release.tag}^{{commit}}")
            continue
        try:
            pins = find_pins(release, _standing(folder, parent))
            if release.timestamp < newest:
                raise CannotInstall(f"{release.name} is older than the newest commit of {folder}; remove that folder")
        except CannotInstall as error:
            history.unavailable[release] = str(error)
            say(str(error))
            continue
        parent = history.commits[release] = _commit(folder, release, pins, parent)
        say(f"{release.date[:10]} {release.name} with {_others(pins, release)}")
    if parent:
        git(folder, "checkout", "--quiet", "--force", "-B", BRANCH, parent)
    return history


def _begin(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch", BRANCH)
    git(folder, "fetch", "--quiet", "--no-tags", str(root), f"HEAD:{BASE}")


def _standing(folder: Path, commit: str) -> Mapping[str, str] | None:
    """The pins of a commit, if there is one."""
    return pins_in(git(folder, "show", f"{commit}:pyproject.toml")) if commit else None


def _commit(folder: Path, release: Release, pins: Mapping[str, str], parent: str) -> str:
    """Commit the project with `pins`, which is what the release changes, and tag it."""
    text = with_pins(git(folder, "show", f"{BASE}:pyproject.toml") + "\n", pins)
    message = f"{release.name}\n\n" + "\n".join(f"{name} {version}" for name, version in sorted(pins.items()))
    commit = commit_file(folder, BASE, "pyproject.toml", text, message, release.timestamp, parent)
    git(folder, "tag", release.tag, commit)
    git(folder, "update-ref", f"refs/heads/{BRANCH}", commit)
    return commit


def _others(pins: Mapping[str, str], release: Release) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(pins.items()) if name != release.package)
