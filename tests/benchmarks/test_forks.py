"""A process can be forked from one that has imported a backend without starting it, under every release."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "case",
    [
        "mvn/jax/reverse/n=100",
        pytest.param("mvn/jax/reverse/n=3/jit=off", marks=pytest.mark.slow),
        "mvn/autograd/reverse/n=100",
    ],
)
def test_a_forked_process_builds_and_runs_what_its_parent_preloaded(case):
    """In a fresh process, as ASV starts it; the forks run one after the other, as in the protocol."""
    code = f"""
from autodiff_kernels import Case, build, preload
from benchmarks.processes import in_forked_process

case = Case.parse({case!r})
preload(case)


def error():
    program = build(case)
    program.run()
    return program.error


errors = [in_forked_process(error) for _ in range(3)]
assert errors[0] == errors[1] == errors[2] < 1e-9, errors
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
