"""The Makefile: `make` prints its targets, and each target passes its variables on."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")


def _make(*arguments):
    # `make test` hands its own flags and level to this make.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_make_alone_prints_each_target_in_a_line():
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    targets = re.search(r"^\.PHONY:(.*)$", text, re.MULTILINE)[1].split()
    lines = _make().splitlines()
    assert sorted(line.split()[1] for line in lines) == sorted(set(targets) - {"machine"})
    assert all(len(line.split()) > 3 and len(line) <= 120 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["bench", "MACHINE=desk"], 'exec .venv/bin/python -m tools.bench nightly --machine "desk"'),
        (["bench", "MACHINE=desk"], "--then studies.main_table"),
        (["bench-sizes", "PROBLEMS=GPFit RBFKernel"], "--problems GPFit RBFKernel"),
        (["bench-gpu", "GPU_PYTHON=other"], "exec other -m tools.bench gpu"),
        (["releases", "PACKAGE=numpy", "SINCE=2.0", "EACH=minor"], "measure numpy"),
        (["releases", "PACKAGE=numpy", "SINCE=2.0", "EACH=minor"], '--since "2.0" --each minor'),
        (["test-release", "JAX=0.6.2"], "JAX=0.6.2 .venv/bin/nox --session jax-0.6.2"),
        (["test-release", "JAX=0.6.2", "PYTHON=python3.12"], "--force-python python3.12"),
        (["setup", "VENV=elsewhere", "PYTHON=python3.12"], "python3.12 -m venv elsewhere"),
        (["test"], ".venv/bin/python -m pytest -n auto"),
    ],
)
def test_a_target_passes_its_variables_on(arguments, expected):
    assert expected in _make("--dry-run", *arguments)


def test_sizes_are_of_all_problems_unless_some_are_named():
    assert "--problems" not in _make("--dry-run", "bench-sizes")


@pytest.mark.parametrize("status", [0, 1])
def test_make_tries_again_to_install_a_browser_after_a_failure(tmp_path, status):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f"#!/bin/sh\nexit {status}\n")
    (tmp_path / "bin" / "python").chmod(0o755)
    (tmp_path / "ready").touch()
    _make("--old-file", f"{tmp_path}/ready", f"VENV={tmp_path}", f"{tmp_path}/browser")
    assert (tmp_path / "browser").exists() == (status == 0)
