"""Generate a Git history of the project at HEAD: one commit for each release, with the release's date and tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from releases.pins import ROOT, CannotInstall, pins_for, pins_in, with_pins
from releases.repository import commit_file, git
from releases.table import Release

#: The exact versions to install with a release, given those of the release before it, or None for the first.
FindPins = Callable[[Release, Mapping[str, str] | None], Mapping[str, str]]

BRANCH = "main"
#: The project's commit; the commits of the history differ from it in their pins.
BASE = "refs/base/project"


@dataclass
class ReleaseHistory:
    """The repository in `folder`: a commit for each installable release, oldest first, and why others have none."""

    folder: Path
    commits: dict[Release, str] = field(default_factory=dict)
    #: The reason for each release that has no commit.
    unavailable: dict[Release, str] = field(default_factory=dict)


def generate(
    folder: Path,
    releases: Sequence[Release],
    say: Callable[[str], None] = print,
    *,
    root: Path = ROOT,
    find_pins: FindPins = pins_for,
) -> ReleaseHistory:
    """Create the history, or append the newer releases to an existing one.

    All commits have the kernels that the project had when the history was created, so that results stay comparable. To
    measure today's kernels, remove the folder. Uncommitted changes of the project are left out.
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
                raise CannotInstall(
                    f"{release.name} is older than the newest commit of {folder}; remove that folder to include it"
                )
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
    """The pins of a commit; None without a commit."""
    return pins_in(git(folder, "show", f"{commit}:pyproject.toml")) if commit else None


def _commit(folder: Path, release: Release, pins: Mapping[str, str], parent: str) -> str:
    """Commit the project with the pins of a release, and tag the commit."""
    text = with_pins(git(folder, "show", f"{BASE}:pyproject.toml") + "\n", pins)
    message = f"{release.name}\n\n" + "\n".join(f"{name} {version}" for name, version in sorted(pins.items()))
    commit = commit_file(folder, BASE, "pyproject.toml", text, message, release.timestamp, parent)
    git(folder, "tag", release.tag, commit)
    git(folder, "update-ref", f"refs/heads/{BRANCH}", commit)
    return commit


def _others(pins: Mapping[str, str], release: Release) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(pins.items()) if name != release.package)
