"""Choose the versions that are installed with a release: those of the release before, if they are compatible."""

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
    from releases.table import Release

ROOT = Path(__file__).parents[1]
THIS_PYTHON = ".".join(platform.python_version_tuple()[:2])
#: Packages that are released together: jax declares which versions of jaxlib it needs.
TOGETHER = {"jax": ("jaxlib",), "jaxlib": ("jax",)}
#: Compiled packages are installed as published wheels and never built here.
COMPILED = ("jaxlib", "numpy", "scipy", "ml_dtypes")
#: Requirements that releases do not declare. autograd before 1.7 wraps functions that NumPy 2 removed
#: (https://github.com/HIPS/autograd/issues/619).
UNDECLARED = {"autograd": (("<1.7", "numpy<2"),)}


class CannotInstall(RuntimeError):
    """A release cannot be installed on this Python; the message is a sentence with the reason."""


def project_table(root: Path = ROOT) -> dict[str, Any]:
    """The table [project] of a pyproject.toml."""
    return _project_table((root / "pyproject.toml").read_text(encoding="utf-8"))


def _project_table(text: str) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(text)["project"]
    return content


def pinned_lines(root: Path = ROOT, python: str = THIS_PYTHON) -> dict[str, Requirement]:
    """The requirements of the extra [pinned] for a minor version of Python, by package."""
    return _pinned_lines((root / "pyproject.toml").read_text(encoding="utf-8"), python)


def _pinned_lines(text: str, python: str) -> dict[str, Requirement]:
    found = map(Requirement, _project_table(text)["optional-dependencies"]["pinned"])
    return {one.name: one for one in found if counts_for(one, python)}


def pins_in(text: str, python: str = THIS_PYTHON) -> dict[str, str]:
    """The versions in the extra [pinned] of a pyproject.toml for a minor version of Python."""
    return {name: version_of(line) for name, line in _pinned_lines(text, python).items()}


def counts_for(line: Requirement, python: str) -> bool:
    """Whether the marker of a requirement holds for a minor version of Python."""
    return line.marker is None or line.marker.evaluate({"python_version": python})


def version_of(line: Requirement) -> str:
    """The version that a requirement pins."""
    return next(iter(line.specifier)).version


def todays_pins(root: Path = ROOT, python: str = THIS_PYTHON) -> dict[str, str]:
    """The versions in the extra [pinned] of this project for a minor version of Python."""
    return pins_in((root / "pyproject.toml").read_text(encoding="utf-8"), python)


def with_pins(text: str, pins: Mapping[str, str]) -> str:
    """A pyproject.toml whose extra [pinned] holds these versions for every Python."""
    document = tomlkit.parse(text)
    pinned = tomlkit.array()
    pinned.extend(f"{name}=={version}" for name, version in sorted(pins.items()))
    document["project"]["optional-dependencies"]["pinned"] = pinned.multiline(multiline=True)
    return tomlkit.dumps(document)


def released_with(package: str) -> tuple[str, ...]:
    """A package and the packages that are released together with it."""
    return (package, *TOGETHER.get(package, ()))


def pins_for(release: Release, standing: Mapping[str, str] | None = None) -> dict[str, str]:
    """Exact versions of a release and of everything that is installed with it, on this Python.

    The other packages keep the versions in `standing`. If there are none, or if they are incompatible, the packages get
    the first set that is compatible: today's pins, the newest versions on the date of the release, or the newest
    versions that exist. Raises CannotInstall.
    """
    if not release.is_for(platform.python_version()):
        raise CannotInstall(f"{release.name} requires Python {release.python}; this is {platform.python_version()}")
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
            return resolve(requirements, options)
        except CannotInstall as error:
            reasons.append(str(error))
    raise CannotInstall(f"{release.name} cannot be installed on Python {platform.python_version()}: {reasons[-1]}")


def resolve_beside(release: Release, pins: Mapping[str, str], python: str = THIS_PYTHON) -> dict[str, str]:
    """The pins with a newer release.

    The other pins keep their versions if these are compatible; if not, they are raised, never lowered. Raises
    CannotInstall.
    """
    others = {name: version for name, version in pins.items() if name not in released_with(release.package)}
    reason = ""
    for relation in ("==", ">="):
        beside = [f"{name}{relation}{version}" for name, version in others.items()]
        try:
            found = resolve([f"{release.package}=={release.version}", *beside], ["--python-version", python])
        except CannotInstall as error:
            reason = str(error)
        else:
            return {name: found[name] for name in pins if name in found}
    raise CannotInstall(f"{release.name} is incompatible with the other pins for Python {python}: {reason}")


def resolve(requirements: list[str], options: list[str]) -> dict[str, str]:
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
    """The cause that uv reports, on one line."""
    return re.sub(r"\s+", " ", said.partition("cause:")[2] or said).strip()[:400]
