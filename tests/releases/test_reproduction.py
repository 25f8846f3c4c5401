"""The program for an upstream issue computes the measured gradient and prints the ratio of two environments."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asv_verdict.asv_io.benchmarks import Benchmark
from autodiff_kernels.problems import PROBLEMS
from releases import reproduction as reproducing

KERNELS = Path(reproducing.__file__).parent / "kernels"
OF_CLASS = {
    "rbfkernel": ("rbf", "standard"),
    "rbfcovariance": ("covariance", "contracted"),
    "mvnlogdensity": ("mvn", "cholesky"),
    "timelinejacobian": ("timeline", "linear"),
}
PINS = {"jax": "0.7.2", "jaxlib": "0.7.2", "numpy": "2.0.0", "scipy": "1.14.0", "autograd": "1.9.1"}


@pytest.mark.parametrize("path", sorted(KERNELS.glob("*/*.py")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_kernel_gives_the_derivative_of_the_suite(path):
    name, formulation = OF_CLASS[path.stem]
    inputs = PROBLEMS[name].inputs(7, 0)
    module = importlib.import_module(f"releases.kernels.{path.parent.name}.{path.stem}")
    function, arguments = module.program(7, "float32" if path.parent.name == "jax" else "float64")
    np.testing.assert_allclose(function(*arguments), PROBLEMS[name].derivative(inputs, formulation), rtol=1e-4)


SUMMARY = {"package": "jax", "python": "3.11.7", "processor": "a CPU"}


def _needs(cell, names):
    parameters = tuple((value,) for value in re.findall(r"[\w'.]+", cell.partition("(")[2]))
    benchmark = Benchmark(cell.partition("(")[0], "time", "seconds", "1", parameters, names)
    return reproducing.needs(cell, benchmark, (PINS, {**PINS, "jax": "0.8.0"}))


def _text(cell, names):
    row = {"cell": cell, "before": "0.7.2", "after": "0.8.0", "ratio": 1.5, "interval": [1.4, 1.6]}
    return reproducing.reproduction(row | {"needs": _needs(cell, names)}, SUMMARY)


NAMES = ("n", "backend", "mode", "dtype")
CELLS = {
    "gradients.RBFCovariance.time_gradient(30, 'jax', 'reverse', 'float32')": NAMES,
    "gradients.MVNLogDensity.time_gradient(3, 'autograd', 'reverse', 'float64')": NAMES,
    "stages.MVNLogDensity.time_stage(3, 'jax', 'reverse', 'float64', 'compile')": (*NAMES, "stage"),
}


@pytest.mark.parametrize(
    "cell", [pytest.param(cell, marks=pytest.mark.slow) for cell in list(CELLS)[:1]] + list(CELLS)[1:]
)
def test_the_program_runs_as_its_docstring_says(cell, tmp_path, monkeypatch):
    monkeypatch.setattr(reproducing, "ROUNDS", 1)
    text = _text(cell, CELLS[cell])
    assert "jax 0.7.2 → 0.8.0" in text
    assert "$" not in text
    assert text.count("import math\n") == 1
    path = tmp_path / "it.py"
    path.write_text(text)
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    done = subprocess.run([sys.executable, path, other], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    old, new, ratio = done.stdout.splitlines()
    assert old.startswith(sys.executable)
    assert new.startswith(str(other))
    assert re.fullmatch(r"new / old: \d+\.\d\d", ratio)


@pytest.mark.parametrize(
    "cell",
    [
        "controls.Control.time_control('matrix product')",
        "gradients.MVNLogDensity.time_gradient(3, 'jax', 'explicit', 'float64')",
        "stages.MVNLogDensity.time_stage(3, 'jax', 'reverse', 'float64', 'trace')",
    ],
)
def test_a_cell_without_a_kernel_has_no_program(cell):
    names = {"c": ("kernel",), "g": NAMES, "s": (*NAMES, "stage")}[cell[0]]
    assert _needs(cell.replace("matrix product", "matrix"), names) is None


def _row():
    cell = next(iter(CELLS))
    row = {"cell": cell, "before": "0.7.2", "after": "0.8.0", "ratio": 1.5, "interval": [1.4, 1.6]}
    return row | {"needs": _needs(cell, NAMES)}


def test_the_program_runs_in_environments_with_both_sets_of_packages(monkeypatch):
    commands = []

    def ran(command, **options):
        commands.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", ran)
    assert reproducing.run(_row(), SUMMARY) == 0
    *made, last = commands
    assert [command[-4:] for command in made if "install" in command] == [
        ["jax==0.7.2", "jaxlib==0.7.2", "numpy==2.0.0", "scipy==1.14.0"],
        ["jax==0.8.0", "jaxlib==0.7.2", "numpy==2.0.0", "scipy==1.14.0"],
    ]
    assert [Path(word).parts[-3:] for word in last[::2]] == [("old", "bin", "python"), ("new", "bin", "python")]


def test_packages_that_cannot_be_installed_end_it(monkeypatch):
    def ran(command, **options):
        return subprocess.CompletedProcess(command, int("install" in command))

    monkeypatch.setattr(subprocess, "run", ran)
    assert reproducing.run(_row(), SUMMARY) == 1
