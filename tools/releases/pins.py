"""Which versions stand beside a release? Those of the release before where they fit: then one package has changed."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if TYPE_CHECKING:
    from tools.releases.table import Release

ROOT = Path(__file__).parents[2]
THIS_PYTHON = ".".join(platform.python_version_tuple()[:2])
#: Released together: the one says which of the other it takes.
TOGETHER = {"jax": ("jaxlib",), "jaxlib": ("jax",)}
#: What is compiled is installed as it was built by its makers, or not at all.
COMPILED = ("jaxlib", "numpy", "scipy", "ml_dtypes")
#: What releases need and do not declare. Before 1.7 autograd wraps functions that NumPy 2 has no more
#: (https://github.com/HIPS/autograd/issues/619).
UNDECLARED = {"autograd": (("<1.7", "numpy<2"),)}


class CannotInstall(RuntimeError):
    """A release has no installation on this Python, in a sentence."""


def project_table(root: Path = ROOT) -> dict[str, Any]:
    """The table [project] of a pyproject.toml."""
    return _project_table((root / "pyproject.toml").read_text(encoding="utf-8"))


def _project_table(text: str) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(text)["project"]
    return content


def pinned_lines(root: Path = ROOT, python: str = THIS_PYTHON) -> dict[str, Requirement]:
    """What the extra [pinned] has for a minor version of Python, by package."""
    return _pinned_lines((root / "pyproject.toml").read_text(encoding="utf-8"), python)


def _pinned_lines(text: str, python: str) -> dict[str, Requirement]:
    found = map(Requirement, _project_table(text)["optional-dependencies"]["pinned"])
    return {one.name: one for one in found if counts_for(one, python)}


def pins_in(text: str, python: str = THIS_PYTHON) -> dict[str, str]:
    """The versions that the extra [pinned] of a pyproject.toml has for a minor version of Python."""
    return {name: version_of(line) for name, line in _pinned_lines(text, python).items()}


def counts_for(line: Requirement, python: str) -> bool:
    """Whether the marker of a line holds for a minor version of Python."""
    return line.marker is None or line.marker.evaluate({"python_version": python})


def version_of(line: Requirement) -> str:
    """The version that a line pins."""
    return next(iter(line.specifier)).version


def todays_pins(root: Path = ROOT, python: str = THIS_PYTHON) -> dict[str, str]:
    """The versions that the extra [pinned] has for a minor version of Python."""
    return pins_in((root / "pyproject.toml").read_text(encoding="utf-8"), python)


def with_pins(text: str, pins: Mapping[str, str]) -> str:
    """A pyproject.toml whose extra [pinned] has these versions for every Python."""
    document = tomlkit.parse(text)
    pinned = tomlkit.array()
    pinned.extend(f"{name}=={version}" for name, version in sorted(pins.items()))
    document["project"]["optional-dependencies"]["pinned"] = pinned.multiline(multiline=True)
    return tomlkit.dumps(document)


def released_with(package: str) -> tuple[str, ...]:
    """A package and those that are released together with it."""
    return (package, *TOGETHER.get(package, ()))


def pins_for(release: Release, standing: Mapping[str, str] | None = None) -> dict[str, str]:
    """Exact versions of a release and of everything beside it, on this Python.

    Those beside it are the ones that are `standing`, or today's where none are or where those do not go with it. Where
    today's do not either they are of the release's time, or where the project does not run with those, the newest that
    go with it. Raises CannotInstall.
    """
    if not release.is_for(platform.python_version()):
        raise CannotInstall(f"{release.name} is for Python {release.python}, and this is {platform.python_version()}")
    undeclared = [
        need for versions, need in UNDECLARED.get(release.package, ()) if release.version in SpecifierSet(versions)
    ]
    own = [f"{release.package}=={release.version}", *undeclared]
    today = todays_pins()
    beside = [name for name in today if name not in released_with(release.package)]
    free = [str(requirement) for requirement in project_table()["dependencies"]]
    its_time = (datetime.fromisoformat(release.date) + timedelta(days=1)).isoformat()
    tries: tuple[tuple[list[str], list[str]], ...] = (
        *(
            ([*own, *free, *(f"{name}=={versions[name]}" for name in beside if name in versions)], [])
            for versions in (standing, today)
            if versions
        ),
        ([*own, *free], ["--exclude-newer", its_time]),
        ([*own, *free], []),
    )
    reasons = []
    for requirements, options in tries:
        try:
            return _resolve(requirements, options)
        except CannotInstall as error:
            reasons.append(str(error))
    raise CannotInstall(f"{release.name} cannot be installed on Python {platform.python_version()}: {reasons[-1]}")


def resolve_beside(release: Release, pins: Mapping[str, str], python: str = THIS_PYTHON) -> dict[str, str]:
    """The pins for a newer release: those that there are where they can be, and where they cannot, none older.

    Raises CannotInstall.
    """
    others = {name: version for name, version in pins.items() if name not in released_with(release.package)}
    reason = ""
    for relation in ("==", ">="):
        beside = [f"{name}{relation}{version}" for name, version in others.items()]
        try:
            found = _resolve([f"{release.package}=={release.version}", *beside], ["--python-version", python])
        except CannotInstall as error:
            reason = str(error)
        else:
            return {name: found[name] for name in pins if name in found}
    raise CannotInstall(f"{release.name} does not go with what is pinned for Python {python}: {reason}")


def _resolve(requirements: list[str], options: list[str]) -> dict[str, str]:
    only_built = [f"--only-binary={name}" for name in COMPILED]
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-config"]
    done = subprocess.run(
        [*command, "--python", sys.executable, *only_built, *options, "-"],
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotInstall(_sentence(done.stderr))
    return dict(line.split("==") for line in done.stdout.split())


def _sentence(said: str) -> str:
    """What uv says of the cause, on one line."""
    return re.sub(r"\s+", " ", said.partition("cause:")[2] or said).strip()[:400]
