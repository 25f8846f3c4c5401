"""Known gradients: exact numbers, and those that the documents from which the project started print."""

import numpy as np
import pytest

from autodiff_kernels import Inputs, InvalidCase, build, why_unsupported
from autodiff_kernels.cases import Case

# Finite differences are not accurate enough for a golden value; test_cells.py holds them to their own tolerance.
MODES = ["explicit", "reverse", "forward", "linearize", "double_reverse", "complex_step"]


def _programs(problem, size, inputs, dtypes=("float64", "float32"), modes=MODES, **options):
    """The programs of every backend and mode that run at these inputs; at least one for each dtype."""
    cases = [
        Case(problem, backend, mode, size, dtype=dtype, **options)
        for backend in ("jax", "autograd")
        for mode in modes
        for dtype in dtypes
    ]
    supported = [case for case in cases if why_unsupported(case) is None]
    assert len(supported) >= len(dtypes)
    return [(case, build(case, inputs)) for case in supported]


def _assert_close(case, result, exact, printed):
    if case.dtype == "float64":
        np.testing.assert_allclose(result, exact, rtol=1e-9, err_msg=str(case))
    else:
        np.testing.assert_allclose(result, printed, rtol=1e-6, err_msg=str(case))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rbf_kernel_of_the_points_one_and_two(dtype):
    inputs = Inputs(np.array([0.3, 1.0]), {"x1": np.array([1.0]), "x2": np.array([2.0])})
    exact = np.exp(-0.5 / 0.09) * np.array([1 / 0.027, 1])
    programs = _programs("rbf", 1, inputs, [dtype])
    assert len(programs) == (11 if dtype == "float64" else 6)
    for case, program in programs:
        _assert_close(case, program(), exact, [0.14318226, 0.00386592])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("formulation", ["cholesky", "textbook"])
def test_mvn_at_three_points_without_noise(formulation, dtype):
    inputs = Inputs(np.array([0.3, 1.0]), {"x": np.array([1.0, 2.0, 3.0]), "mu": np.zeros(3), "noise": np.array(0.0)})
    exact = _mvn_gradient_with_mpmath()
    np.testing.assert_allclose(exact, [1.1333822, 5.4692511], rtol=1e-7)
    programs = _programs("mvn", 3, inputs, [dtype], formulation=formulation, settings=(("noise", 0.0),))
    assert len(programs) == (8 if dtype == "float64" else 5)
    for case, program in programs:
        _assert_close(case, program(), exact, [1.1333827, 5.4692526])


def _mvn_gradient_with_mpmath():
    import mpmath

    with mpmath.workdps(40):

        def log_density(lengthscale, variance):
            covariance = mpmath.matrix(3, 3)
            for i in range(3):
                for j in range(3):
                    covariance[i, j] = variance * mpmath.exp(-mpmath.mpf((i - j) ** 2) / (2 * lengthscale**2))
            x = mpmath.matrix([1, 2, 3])
            return -(mpmath.log(mpmath.det(covariance)) + (x.T * mpmath.inverse(covariance) * x)[0]) / 2

        # The double nearest to 0.3, which every program gets.
        point = (mpmath.mpf(0.3), mpmath.mpf(1))
        return [float(mpmath.diff(log_density, point, order)) for order in ((1, 0), (0, 1))]


@pytest.mark.parametrize("formulation", ["linear", "linear_argument"])
def test_timeline_has_the_printed_and_the_exact_jacobian(formulation):
    size = 400 if formulation == "linear_argument" else 40_000
    t = np.linspace(1, 100, size)
    inputs = Inputs(np.array([1.0, 1.0]), {"t": t})
    modes = [mode for mode in MODES if mode != "reverse"]
    for case, program in _programs("timeline", size, inputs, ["float64"], modes, formulation=formulation):
        np.testing.assert_allclose(program(), np.stack([t, -t], axis=-1), rtol=1e-9, err_msg=str(case))
    if size == 40_000:
        # The answer printed the column as: 1. 1.00247506 … 100.
        np.testing.assert_allclose(np.asarray(program())[[0, 1, -1], 0], [1, 1.00247506, 100], rtol=1e-8)


def test_the_slope_of_the_cdf_curve_at_one_is_the_density_at_one():
    t = np.linspace(1, 100, 40_000)
    inputs = Inputs(np.array([1.0, 1.0]), {"t": t})
    modes = [mode for mode in MODES if mode != "reverse"]
    for case, program in _programs("timeline", 40_000, inputs, ["float64"], modes, formulation="cdf"):
        jacobian = np.asarray(program())
        np.testing.assert_allclose(jacobian[[0, -1], 0], [0.24197072451914337, 24.197072451914337], rtol=1e-9)
        np.testing.assert_allclose(jacobian[:, 1], -jacobian[:, 0], rtol=1e-9, err_msg=str(case))


@pytest.mark.parametrize("mode", ["reverse", "explicit"])
def test_a_thousand_points_without_noise_are_refused_with_the_reason(mode):
    points = np.random.default_rng(0).random(1000)
    inputs = Inputs(np.array([0.3, 1.0]), {"x": points, "mu": np.zeros(1000), "noise": np.array(0.0)})
    with pytest.raises(InvalidCase, match=r"covariance of these 1000 points is singular to working precision.*NaN"):
        build(Case("mvn", "jax", mode, 1000, dtype="float32", settings=(("noise", 0.0),)), inputs)
