"""The Pythons that the sessions of nox use, and its message about releases that it cannot test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
noxfile = pytest.importorskip("noxfile", reason="nox is not installed with an older release of JAX")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without a Python. Returns a function that adds one with a given answer."""
    for name in ("bin", "pyenv"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))

    def add(place, answer="exit 127"):
        python = tmp_path / place
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\n{answer}\n")
        python.chmod(0o755)
        return python

    return add


def test_the_first_installed_version_is_used(machine):
    assert noxfile.first_python(("3.11", "3.12")) is None
    second = machine("bin/python3.12", "echo 3.12")
    assert noxfile.first_python(("3.11", "3.12")) == second
    first = machine("bin/python3.11", "echo 3.11")
    assert noxfile.first_python(("3.11", "3.12")) == first


def test_a_launcher_that_does_not_start_is_skipped_for_pyenvs_newest(machine):
    machine("bin/python3.11")
    machine("pyenv/versions/3.11.2/bin/python", "echo 3.11")
    newest = machine("pyenv/versions/3.11.7/bin/python", "echo 3.11")
    assert noxfile.first_python(("3.11", "3.12")) == newest


def test_releases_whose_python_is_missing_are_named_at_the_end(machine, tmp_path):
    environment = {**os.environ, "PATH": str(tmp_path / "bin"), "NOXENVDIR": str(tmp_path / "environments")}
    done = subprocess.run(
        [sys.executable, "-m", "nox"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert sorted(done.stdout.splitlines()) == [
        f"JAX {release} was not tested: no Python {' or '.join(versions)} was found."
        for release, versions in sorted(noxfile.RELEASES.items())
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "JAX 0.6.2 was not tested: no Python 3.11 or 3.12 was found"),
        (["PYTHON=python9.9"], "Python interpreter python9.9 not found"),
    ],
)
def test_a_missing_python_is_an_error_for_a_release_that_is_named(machine, tmp_path, options, sentence):
    make = shutil.which("make", path=os.defpath)
    if make is None:
        pytest.skip("this machine has no make")
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    (tmp_path / "bin" / "nox").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nox "$@"\n')
    (tmp_path / "bin" / "nox").chmod(0o755)
    (tmp_path / "ready").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = [make, "--old-file", f"{tmp_path}/ready", "test-release", f"VENV={tmp_path}", "JAX=0.6.2", *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, "PATH": str(tmp_path / "bin"), "NOXENVDIR": str(tmp_path / "environments")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr


def test_another_release_has_a_session_on_request():
    command = [sys.executable, "-m", "nox", "--list"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "JAX": "0.7.0"}, capture_output=True, text=True)
    assert "* jax-0.7.0" in done.stdout
    assert "* jax-0.12.0.1" in done.stdout
