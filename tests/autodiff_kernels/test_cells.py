"""Every supported cell runs and agrees with the oracle, in its own precision."""

import jax
import numpy as np
import pytest

from autodiff_kernels import BACKENDS, MODES, Case, build, cells, is_slow, why_unsupported
from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.programs import built


def _takes_long(case):
    """All but the smallest size in double precision, with the compiler if there is one."""
    return case.size != case.form.sizes[0] or case.dtype != "float64" or case.jit != BACKENDS[case.backend].jit[0]


SUPPORTED = [
    pytest.param(case, id=str(case), marks=[pytest.mark.slow] if _takes_long(case) else [])
    for case in cells()
    if why_unsupported(case) is None
]


@pytest.mark.parametrize("case", SUPPORTED)
def test_agrees_with_the_oracle(case):
    program = build(case)
    built.clear()
    if _takes_long(case) and case.jit:
        jax.clear_caches()  # thousands of programs would fill the memory
    assert program.error <= tolerance(case), f"relative error {program.error:.2e} > {tolerance(case):.0e}"
    if case.dtype == "float32":
        assert program.work().get("float64_values", 0) == 0
    if is_slow(case):
        return
    result = np.asarray(program())
    assert result.dtype == case.dtype
    p = case.parameter_count
    axes = {"value": (), "derivative": (p,), "hessian": (p, p), "hessian_product": (p,)}[MODES[case.mode].result]
    assert result.shape == (*case.form.output_shape(case.size), *axes)


@pytest.mark.parametrize(
    ("case", "allowed"),
    [
        ("rbf/jax/reverse/d=1", 1e-9),
        ("mvn/autograd/explicit/n=1000", 1e-9),
        ("mvn/jax/forward/n=1000/formulation=textbook", 1e-9),
        ("timeline/jax/forward/m=40000/dtype=float32", 1e-5),
        ("covariance/jax/complex_step/n=1000/dtype=float32", 1e-5),
        ("mvn/jax/reverse/n=100/dtype=float32", 1e-3),
        ("mvn/jax/reverse/n=1000/dtype=float32", 4.05e-3),
        ("ard/jax/reverse/d=64/dtype=float32", 1e-3),
        ("ard/jax/finite_difference/d=1", 7.3e-8),
        ("gp_fit/jax/reverse/n=60", 1e-4),
        ("gp_fit/jax/value/n=60", 1e-9),
        ("mvn/jax/explicit/n=1000/dtype=float32/formulation=textbook", 5e-3),
        ("timeline/jax/finite_difference/m=400", 1e-8),
        ("timeline/jax/finite_difference/m=400/dtype=float32", 1e-3),
        ("mvn/jax/finite_difference/n=1000", 3.7e-7),
        ("mvn/jax/finite_difference/n=3/dtype=float32", 1e-3),
        ("decays/jax/finite_difference/m=400/dtype=float32", 0.0485),
        ("mvn/jax/finite_difference/n=1000/dtype=float32", 0.24),
    ],
)
def test_tolerances_have_the_expected_values(case, allowed):
    assert tolerance(Case.parse(case)) == pytest.approx(allowed, rel=0.01)


@pytest.mark.parametrize("jit", ["on", "off"])
def test_a_call_waits_for_its_result(jit):
    """A call that does not wait would return after dispatch, long before a matrix product of this size is done."""
    program = build(f"mvn/jax/reverse/n=300/jit={jit}")
    assert all(program.run().is_ready() for _ in range(20))


def test_the_suite_is_not_empty():
    assert len(SUPPORTED) > 500
