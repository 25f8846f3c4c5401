"""`make bump`: raise the pins to newer releases, one commit each on a branch, and compare each with the one before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit
from msgspec import structs
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from asv_verdict.compare import compare
from asv_verdict.model import Verdict
from asv_verdict.project import read_project
from asv_verdict.report.report import Report
from releases.measure import SELECTION
from releases.pins import (
    ROOT,
    THIS_PYTHON,
    CannotInstall,
    counts_for,
    pinned_lines,
    resolve_beside,
    version_of,
)
from releases.repository import COMMITTER, commit_file, git
from releases.table import Release, released

BRANCH = "bump"
#: Minor versions of Python that the project supports; a pin must support all of those that its marker selects.
PYTHONS = ("3.11", "3.12", "3.13")
#: The worst verdict first.
WORST = (Verdict.BROKEN, Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.PASS)


class BranchInUse(RuntimeError):
    """The branch holds commits that are neither in HEAD nor among the new ones; the message is a sentence."""


@dataclass(frozen=True)
class Bump:
    """A newer release, and the old and new version of each pin that changes with it."""

    release: Release
    changes: Mapping[str, tuple[str, str]]

    @property
    def subject(self) -> str:
        """The subject of the commit."""
        old, new = self.changes[self.release.package]
        return f"Bump {self.release.package} from {old} to {new}"

    @property
    def message(self) -> str:
        """The whole message of the commit."""
        pins = "\n".join(f"{name} {old} → {new}" for name, (old, new) in self.changes.items())
        return f"{self.subject}\n\nReleased on {self.release.date[:10]}.\n\n{pins}"


def _released(package: str) -> list[Release]:
    return released(package, SpecifierSet())[0]


def find_bumps(
    say: Callable[[str], None],
    *,
    root: Path = ROOT,
    find_released: Callable[[str], Sequence[Release]] = _released,
    resolve: Callable[[Release, Mapping[str, str], str], dict[str, str]] = resolve_beside,
) -> list[Bump]:
    """For each pin of this Python, a bump to its newest usable release, compatible with the earlier bumps.

    Packages that are released together are one bump. A release must support every Python that its pin is for, and be
    compatible with the other pins for that Python. `say` receives a sentence for each release that is skipped.
    """
    lines = pinned_lines(root)
    changed: dict[str, str] = {}  # new versions by requirement; a requirement may hold for some Pythons only

    def pins(python: str) -> dict[str, str]:
        return {name: changed.get(str(line), version_of(line)) for name, line in pinned_lines(root, python).items()}

    found: list[Bump] = []
    for package, line in lines.items():
        newer = [one for one in find_released(package) if Version(one.version) > Version(version_of(line))]
        if str(line) in changed or not newer:
            continue
        pythons = [python for python in PYTHONS if counts_for(line, python)]
        takeable = [one for one in newer if all(map(one.is_for, pythons))]
        newest = max(newer, key=_version)
        if newest not in takeable:
            say(f"skipped {newest.name}: it requires Python {newest.python}; its pin is for {', '.join(pythons)}")
        if not takeable:
            continue
        release = max(takeable, key=_version)
        try:
            after = {python: resolve(release, pins(python), python) for python in pythons}[THIS_PYTHON]
        except CannotInstall as error:
            say(str(error))
            continue
        changes = {name: (old, after[name]) for name, old in pins(THIS_PYTHON).items() if after.get(name, old) != old}
        changed |= {str(lines[name]): new for name, (_, new) in changes.items()}
        found.append(Bump(release, changes))
    return found


def _version(release: Release) -> Version:
    return Version(release.version)


def with_bump(text: str, bump: Bump) -> str:
    """A pyproject.toml with the new versions in the pins of this Python; all other lines are unchanged."""
    document = tomlkit.parse(text)
    pinned = document["project"]["optional-dependencies"]["pinned"]
    for index, line in enumerate(list(pinned)):
        one = Requirement(line)
        if one.name in bump.changes and counts_for(one, THIS_PYTHON):
            old, new = bump.changes[one.name]
            pinned[index] = re.sub(rf"=={re.escape(old)}(?![^;\s])", f"=={new}", line)
    return tomlkit.dumps(document)


def commit_bumps(bumps: Sequence[Bump], root: Path = ROOT) -> list[str]:
    """Commit the bumps on top of HEAD, one after the other, and point the branch at the last; nothing is checked out.

    Returns the hashes, which are the same for the same HEAD and bumps. Raises BranchInUse if the branch holds commits
    that are neither in HEAD nor among these.
    """
    parent = git(root, "rev-parse", "HEAD")
    commits = []
    for bump in bumps:
        text = with_bump(git(root, "show", f"{parent}:pyproject.toml") + "\n", bump)
        parent = commit_file(root, parent, "pyproject.toml", text, bump.message, bump.release.timestamp, parent)
        commits.append(parent)
    unmerged = git(root, "rev-list", f"refs/heads/{BRANCH}", "--not", "HEAD", check=False).split()
    if not set(unmerged) <= set(commits):
        raise BranchInUse(_why_in_use(unmerged, root))
    if commits:
        git(root, "update-ref", f"refs/heads/{BRANCH}", parent)
    return commits


def _why_in_use(unmerged: Sequence[str], root: Path) -> str:
    """What the branch holds, and the remedy."""
    committers = git(root, "show", "--no-patch", "--format=%ce", *unmerged).split()
    if set(committers) != {COMMITTER}:
        return f"the branch {BRANCH!r} holds other commits; merge it or delete it: git branch -D {BRANCH}"
    return (
        f"the branch {BRANCH!r} holds the commits of an earlier `make bump`, and HEAD or the newest releases have "
        f"changed since; delete it and repeat the command: git branch -D {BRANCH}"
    )


def bump(
    machine: str,
    say: Callable[[str], None],
    *,
    root: Path = ROOT,
    find: Callable[[Callable[[str], None]], list[Bump]] = find_bumps,
    compare: Callable[..., tuple[Report, str]] = compare,
) -> Verdict:
    """Commit the newer releases, compare each commit with the one before, and print the text of the pull request.

    Returns the worst of the verdicts; pass if there is nothing to commit.
    """
    bumps = find(say)
    commits = commit_bumps(bumps, root)
    if not bumps:
        print(f"no newer release can be pinned on Python {THIS_PYTHON}")
        return Verdict.PASS
    project = read_project(root / "asv.conf.json")
    project = replace(project, settings=structs.replace(project.settings, selection_command=SELECTION))
    verdicts, sections = [], []
    for one, commit in zip(bumps, commits, strict=True):
        say(f"measuring: {one.subject}")
        report, text = compare(project, machine, f"{commit}^", commit, say=say)
        verdicts.append(report.outcome.verdict)
        sections.append(f"## {one.subject}: {report.outcome.verdict.word}\n\n{text}")
    words = ", ".join(f"{one.release.name} {verdict.word}" for one, verdict in zip(bumps, verdicts, strict=True))
    print(f"# Bump {', '.join(one.release.name for one in bumps)}\n\nOn the branch `{BRANCH}`: {words}.\n")
    print("\n\n".join(sections))
    return min(verdicts, key=WORST.index)
