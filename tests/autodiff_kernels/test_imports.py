"""The side effects of importing the package and of building programs."""

import subprocess
import sys

import pytest


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["autodiff_kernels", "autodiff_kernels.__main__"])
def test_importing_the_package_imports_no_backend(module):
    code = f"import sys, {module}; print(sorted({{'jax', 'jaxlib', 'autograd', 'scipy'}} & set(sys.modules)))"
    assert _run(code) == "[]"


def test_a_skipped_cell_imports_no_backend():
    code = """
import sys
from autodiff_kernels import Unsupported, build
for text in (
    "timeline/jax/reverse/m=40000", "mvn/autograd/forward/n=1000", "mvn/jax/value/n=1000/formulation=textbook"
):
    try:
        build(text)
    except Unsupported:
        print("skipped")
print(sorted({"jax", "autograd"} & set(sys.modules)))
"""
    assert _run(code).split("\n") == ["skipped"] * 3 + ["[]"]


@pytest.mark.parametrize("x64", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_building_does_not_change_the_precision_switch(x64):
    """A float64 program with x64 off and a float32 program with x64 on neither change the switch nor depend on it."""
    code = f"""
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", {x64})
from autodiff_kernels import build
for jit in ("on", "off"):
    double = build("mvn/jax/reverse/n=3/jit=" + jit)
    single = build("mvn/jax/reverse/n=3/dtype=float32/jit=" + jit)
    print(double().dtype, single().dtype, double().dtype)
    print(double.work()["float64_values"] > 0, single.work()["float64_values"])
for text in (
    "rbf/jax/forward/d=1",
    "covariance/jax/linearize/n=10",
    "mvn/jax/finite_difference/n=3/formulation=textbook",
    "timeline/jax/double_reverse/m=400/formulation=cdf",
    "timeline/jax/complex_step/m=400/formulation=weibull",
):
    assert build(text + "/dtype=float32").work()["float64_values"] == 0, text
print(jnp.zeros(1).dtype, jax.config.jax_disable_jit)
"""
    expected = ["float64 float32 float64", "True 0"] * 2 + [f"{'float64' if x64 else 'float32'} False"]
    assert _run(code).split("\n") == expected


def test_inputs_are_arguments_and_not_constants():
    code = """
from autodiff_kernels import build
for text in (
    "mvn/jax/reverse/n=100", "timeline/jax/forward/m=4000", "timeline/jax/forward/m=400/formulation=linear_argument"
):
    program = build(text)
    work = program.work()
    data = sum(8 * array.size for array in program.case.definition.inputs(program.case.size, 0).data.values())
    print(work["argument_bytes"] >= data)
"""
    assert _run(code).split("\n") == ["True"] * 3
