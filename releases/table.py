"""Releases and their dates: data/releases.json, which `python -m releases table` extends."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from pypi_simple import DistributionPackage, PyPISimple

from releases.pins import ROOT, project_table
from tools.files import replace_whole

TABLE = ROOT / "data" / "releases.json"


class UnknownRelease(ValueError):
    """A package or release is unknown; the message is a sentence that names the known ones."""


@dataclass(frozen=True, order=True)
class Release:
    """A release: when its first file was uploaded (ISO 8601, UTC), and which Pythons it requires."""

    date: str
    package: str
    version: str
    python: str = ""

    @property
    def name(self) -> str:
        """Such as `jax 0.5.3`."""
        return f"{self.package} {self.version}"

    @property
    def tag(self) -> str:
        """Its tag in the generated history, such as `jax-0.5.3`."""
        return f"{self.package}-{self.version}"

    @property
    def timestamp(self) -> int:
        """Its date in seconds since 1970."""
        return int(datetime.fromisoformat(self.date).timestamp())

    def is_for(self, python: str) -> bool:
        """Whether it declares support for a version of Python."""
        return SpecifierSet(self.python).contains(python, prereleases=True)


def read_table(path: Path = TABLE) -> dict[str, list[Release]]:
    """The releases of each package, ordered by version."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {package: [Release(package=package, **row) for row in rows] for package, rows in content.items()}


def releases_of(package: str, since: str = "", path: Path = TABLE) -> list[Release]:
    """The releases of a package in the order of their dates, from the version `since` on.

    A release that repairs an older series is left out if a newer version was released before it: the history is linear.
    Raises UnknownRelease.
    """
    table = read_table(path)
    if package not in table:
        raise UnknownRelease(f"unknown package {package!r}; {path.name} has: {', '.join(table)}")
    versions = [release.version for release in table[package]]
    if since and since not in versions:
        raise UnknownRelease(f"unknown release {since!r} of {package}; {path.name} has: {', '.join(versions)}")
    found: list[Release] = []
    for release in sorted(table[package]):
        if not found or Version(release.version) > Version(found[-1].version):
            found.append(release)
    return [release for release in found if not since or Version(release.version) >= Version(since)]


def ends_of_series(releases: Sequence[Release]) -> list[Release]:
    """The last release of each minor series, and the first release of all."""
    last = {Version(release.version).release[:2]: release for release in releases}
    return [release for release in releases if release in (releases[0], *last.values())]


def extend(packages: Sequence[str], path: Path = TABLE) -> list[str]:
    """Add new releases from the package index to the table. Returns a sentence for each one added or skipped.

    Releases that the project's dependencies exclude are ignored. Raises UnknownRelease.
    """
    table = read_table(path) if path.exists() else {}
    allowed = {found.name: found.specifier for found in map(Requirement, project_table()["dependencies"])}
    sentences = []
    for package in packages:
        if package not in allowed:
            raise UnknownRelease(
                f"{package!r} is not a dependency of this project; the dependencies are: {', '.join(allowed)}"
            )
        known = {release.version for release in table.get(package, [])}
        found, undated = released(package, allowed[package])
        new = [release for release in found if release.version not in known]
        table[package] = sorted([*table.get(package, []), *new], key=lambda release: Version(release.version))
        sentences += [f"added {release.name}, released on {release.date[:10]}" for release in new]
        sentences += [f"skipped {package} {version}: the package index has no date for it" for version in undated]
    content: dict[str, Any] = {
        package: [{key: value for key, value in asdict(release).items() if key != "package"} for release in rows]
        for package, rows in table.items()
    }
    replace_whole(path, content)
    return sentences


def released(package: str, allowed: SpecifierSet) -> tuple[list[Release], list[str]]:
    """The releases of a package in the package index, and the versions that have no date there.

    The index is that of PIP_INDEX_URL, or else the default one. Pre-releases and yanked files are ignored.
    """
    endpoint = os.environ.get("PIP_INDEX_URL")
    with PyPISimple(endpoint) if endpoint else PyPISimple() as index:
        files = index.get_project_page(package).packages
    by_version: defaultdict[str, list[DistributionPackage]] = defaultdict(list)
    for file in files:
        if file.version and not file.is_yanked and allowed.contains(file.version, prereleases=False):
            by_version[file.version].append(file)
    found, undated = [], []
    for version, of_version in by_version.items():
        dates = [file.upload_time for file in of_version if file.upload_time]
        if not dates:
            undated.append(version)
            continue
        pythons = {file.requires_python or "" for file in of_version}
        date = min(dates).isoformat(timespec="seconds")
        found.append(Release(date, package, version, pythons.pop() if len(pythons) == 1 else ""))
    return found, undated
