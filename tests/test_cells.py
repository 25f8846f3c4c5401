"""Every supported cell runs and agrees with the oracle, in its own precision."""

import numpy as np
import pytest

from autodiff_kernels import build, cells, is_slow, why_unsupported
from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.programs import _programs

SUPPORTED = [
    pytest.param(case, id=str(case), marks=[pytest.mark.slow] if is_slow(case) else [])
    for case in cells()
    if why_unsupported(case) is None
]


@pytest.mark.parametrize("case", SUPPORTED)
def test_agrees_with_the_oracle(case):
    program = build(case)
    _programs.clear()
    assert program.error <= tolerance(case), f"relative error {program.error:.2e} > {tolerance(case):.0e}"
    if is_slow(case):
        return
    result = np.asarray(program())
    assert result.dtype == case.dtype
    derivative_axes = () if case.mode == "value" else (case.parameters,)
    assert result.shape == (*case.form.output_shape(case.size), *derivative_axes)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case))
        for case in cells()
        if case.backend == "jax" and case.dtype == "float32" and why_unsupported(case) is None
        if case.size == case.form.sizes[0]
    ],
)
def test_single_precision_holds_no_double(case):
    assert build(case).work()["float64_values"] == 0


def test_the_suite_is_not_empty():
    assert len(SUPPORTED) > 500
