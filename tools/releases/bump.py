"""`make bump`: newer releases of what is pinned, a commit for each on a branch, measured against the commit before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from asv_verdict.comparison import compare
from asv_verdict.outcome import Verdict
from asv_verdict.report import Report
from asv_verdict.settings import read_project
from tools.releases.measure import SELECTION
from tools.releases.pins import (
    ROOT,
    THIS_PYTHON,
    CannotInstall,
    counts_for,
    pinned_lines,
    resolve_beside,
    version_of,
)
from tools.releases.repository import commit_file, git
from tools.releases.table import Release, released

BRANCH = "bump"
#: Minor versions of Python that the project is for; a line of a pin has to be for all of them that its marker names.
PYTHONS = ("3.11", "3.12", "3.13")
#: The worst word comes first.
WORST = (Verdict.BROKEN, Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.PASS)


class BranchInUse(RuntimeError):
    """The branch holds other commits than those that would be made, in a sentence."""


@dataclass(frozen=True)
class Bump:
    """A newer release, and the pins that change with it: package to old and new version."""

    release: Release
    changes: Mapping[str, tuple[str, str]]

    @property
    def subject(self) -> str:
        """Of the commit."""
        old, new = self.changes[self.release.package]
        return f"Bump {self.release.package} from {old} to {new}"

    @property
    def message(self) -> str:
        """Of the commit."""
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
    """The newest release of each pin for this Python that can be taken, each on top of those before it.

    What is released together is one bump. A release has to be for every Python that the line of its pin is for, and go
    with the other pins there; one that is or does not is said.
    """
    lines = pinned_lines(root)
    changed: dict[str, str] = {}  # by the line of the pin, which may be for some Pythons only

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
            say(f"{newest.name} is for Python {newest.python}, and its pin is for {', '.join(pythons)}")
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
    """A pyproject.toml whose lines of pins for this Python have the new versions, and whose others stay."""
    document = tomlkit.parse(text)
    pinned = document["project"]["optional-dependencies"]["pinned"]
    for index, line in enumerate(list(pinned)):
        one = Requirement(line)
        if one.name in bump.changes and counts_for(one, THIS_PYTHON):
            old, new = bump.changes[one.name]
            pinned[index] = re.sub(rf"=={re.escape(old)}(?![^;\s])", f"=={new}", line)
    return tomlkit.dumps(document)


def commit_bumps(bumps: Sequence[Bump], root: Path = ROOT) -> list[str]:
    """A commit for each, one upon the other from HEAD on, and the branch at the last of them; nothing is checked out.

    Made again they have the same hashes. Raises BranchInUse where the branch holds something else that HEAD does not.
    """
    parent = git(root, "rev-parse", "HEAD")
    commits = []
    for bump in bumps:
        text = with_bump(git(root, "show", f"{parent}:pyproject.toml") + "\n", bump)
        parent = commit_file(root, parent, "pyproject.toml", text, bump.message, bump.release.timestamp, parent)
        commits.append(parent)
    unmerged = git(root, "rev-list", f"refs/heads/{BRANCH}", "--not", "HEAD", check=False).split()
    if not set(unmerged) <= set(commits):
        raise BranchInUse(f"the branch {BRANCH!r} holds something else; merge it or remove it: git branch -D {BRANCH}")
    if commits:
        git(root, "update-ref", f"refs/heads/{BRANCH}", parent)
    return commits


def bump(
    machine: str,
    say: Callable[[str], None],
    *,
    root: Path = ROOT,
    find: Callable[[Callable[[str], None]], list[Bump]] = find_bumps,
    compare: Callable[..., tuple[Report, str]] = compare,
) -> Verdict:
    """Commit what is new, measure each commit against the one before, and print the text of the pull request.

    The worst of the verdicts; pass where nothing is new.
    """
    bumps = find(say)
    commits = commit_bumps(bumps, root)
    if not bumps:
        print(f"nothing newer can be pinned on Python {THIS_PYTHON}")
        return Verdict.PASS
    project = read_project(root / "asv.conf.json")
    project = replace(project, settings=replace(project.settings, selection_command=SELECTION))
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
