"""Test the smallest cells under several releases of JAX: `nox`. Another release: `JAX=0.7.0 nox --session jax-0.7.0`.

The sessions install with pip instead of uv, because pip's configuration names the machine's package index.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nox

nox.options.envdir = ".venv/nox"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"

#: Pythons for each release, in order of preference. JAX 0.4.31 has wheels up to Python 3.12, and 0.12.0.1 from 3.12 on.
OLDER, NEWER = ("3.11", "3.12"), ("3.13", "3.12")
RELEASES = {"0.4.31": OLDER, "0.6.2": OLDER, "0.10.2": OLDER, "0.12.0.1": NEWER}
TOOLS = ("autograd==1.9.1", "mpmath==1.4.1", "pytest==9.2.0", "pytest-timeout==2.4.0", "pytest-xdist==3.8.0")
TESTS = ("cells", "support", "golden", "imports", "forks", "rules")


def first_python(versions: tuple[str, ...]) -> Path | None:
    """The first Python of these versions that starts, on PATH or in pyenv; None if none does."""
    for version in versions:
        for python in _named(version):
            if _version_of(python) == version:
                return python
    return None


def _named(version: str) -> Iterator[Path]:
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob(f"versions/{version}.*/bin/python"), reverse=True)


def _version_of(python: Path) -> str | None:
    """The version of a Python, or None if it does not start: pyenv's `python3.12` starts only if pyenv selects it."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _add_session(release: str, versions: tuple[str, ...]) -> None:
    """Register the session of a release. If its Python is missing, nox skips it and says so in its last line."""
    python = first_python(versions)

    def check(session: nox.Session) -> None:
        if session.python is False:
            untested = f"JAX {release} was not tested: no Python {' or '.join(versions)} was found"
            if release == os.environ.get("JAX"):  # it was asked for, so a skipped session would be a false success
                session.error(untested)
            atexit.register(print, f"{untested}.", flush=True)
            session.skip(untested)
        session.install(f"jax=={release}", f"jaxlib=={release}", *TOOLS)
        files = [str(path) for name in TESTS for path in Path("tests").glob(f"*/test_{name}.py")]
        # Each test worker runs on one core, so a second BLAS thread would only take time from the first.
        one_thread = {"OPENBLAS_NUM_THREADS": "1"}
        session.run("python", "-m", "pytest", "-n", "auto", "--dist", "loadgroup", "--smallest", *files, env=one_thread)

    nox.session(check, name=f"jax-{release}", python=str(python) if python else False)


for _release, _versions in RELEASES.items():
    _add_session(_release, _versions)
if (_asked := os.environ.get("JAX")) and _asked not in RELEASES:
    _add_session(_asked, OLDER + NEWER)
