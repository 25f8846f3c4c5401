"""The inputs of problems."""

import numpy as np
import pytest

from autodiff_kernels import PROBLEMS


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.name)
def test_inputs_are_double_precision_finite_and_repeatable(problem):
    first, again = problem.inputs(5, 0), problem.inputs(5, 0)
    for name, array in (("parameters", first.parameters), *first.data.items()):
        assert array.dtype in (np.float64, np.int32), name
        assert np.isfinite(array).all(), name
    np.testing.assert_array_equal(first.parameters, again.parameters)
    for name, array in first.data.items():
        np.testing.assert_array_equal(array, again.data[name])
