"""The oracles themselves, against mpmath at 40 digits and SciPy: derivatives by mpmath's own differentiation."""

import mpmath
import numpy as np
import pytest
import scipy.stats

from autodiff_kernels import PROBLEMS

DIGITS = 40


def _kernel(lengthscale, variance, squared_distance):
    return variance * mpmath.exp(-squared_distance / (2 * lengthscale**2))


def _rbf(data, formulation):
    squared = sum((a - b) ** 2 for a, b in zip(data["x1"], data["x2"], strict=True))
    return lambda lengthscale, variance: _kernel(lengthscale, variance, squared)


def _covariance_entry(data, i, j):
    return lambda lengthscale, variance: _kernel(lengthscale, variance, (data["x"][i] - data["x"][j]) ** 2)


def _contracted(data):
    n = len(data["x"])
    return lambda *parameters: mpmath.fsum(
        data["cotangent"][i][j] * _covariance_entry(data, i, j)(*parameters) for i in range(n) for j in range(n)
    )


def _mvn(data):
    n = len(data["x"])

    def log_density(lengthscale, variance):
        covariance = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                covariance[i, j] = _covariance_entry(data, i, j)(lengthscale, variance) + (
                    data["noise"] if i == j else 0
                )
        residual = mpmath.matrix([a - b for a, b in zip(data["x"], data["mu"], strict=True)])
        quadratic = (residual.T * mpmath.inverse(covariance) * residual)[0]
        return -(n * mpmath.log(2 * mpmath.pi) + mpmath.log(mpmath.det(covariance)) + quadratic) / 2

    return log_density


def _curve(t, formulation):
    return {
        "cdf": lambda mu, sigma: t * mpmath.ncdf(mu / sigma),
        "weibull": lambda lambda_, rho: (t / lambda_) ** rho,
    }.get(formulation, lambda mu, sigma: t * mu / sigma)


def _outputs(name, formulation, data):
    """The objective's outputs as mpmath functions of the parameters, in the order of the oracle's raveled value."""
    if name == "rbf":
        return [_rbf(data, formulation)]
    if name == "mvn":
        return [_mvn(data)]
    if name == "timeline":
        return [_curve(t, formulation) for t in data["t"]]
    assert name == "covariance", f"write the formula of {name} in mpmath here: an oracle needs one of its own"
    n = len(data["x"])
    if formulation == "full":
        return [_covariance_entry(data, i, j) for i in range(n) for j in range(n)]
    return [_contracted(data)]


def _exact(array):
    return [_exact(row) for row in array] if array.ndim else mpmath.mpf(float(array))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("name", "formulation"),
    [(problem.name, formulation) for problem in PROBLEMS.values() for formulation in problem.formulations],
)
def test_value_and_derivative_agree_with_mpmath(name, formulation, seed):
    problem = PROBLEMS[name]
    inputs = problem.inputs(4, seed)
    with mpmath.workdps(DIGITS):
        data = {key: _exact(array) for key, array in inputs.data.items()}
        point = tuple(_exact(inputs.parameters))
        outputs = _outputs(name, formulation, data)
        values = [float(output(*point)) for output in outputs]
        derivatives = [[float(mpmath.diff(output, point, order)) for order in ((1, 0), (0, 1))] for output in outputs]
    np.testing.assert_allclose(np.ravel(problem.value(inputs, formulation)), values, rtol=1e-12)
    np.testing.assert_allclose(
        problem.derivative(inputs, formulation).reshape(-1, 2), derivatives, rtol=1e-11, atol=1e-15
    )


@pytest.mark.parametrize("size", [50, 300])
def test_log_density_agrees_with_scipy(size):
    inputs = PROBLEMS["mvn"].inputs(size, 3)
    x, (lengthscale, variance) = inputs.data["x"], inputs.parameters
    covariance = variance * np.exp(-0.5 * np.subtract.outer(x, x) ** 2 / lengthscale**2) + 0.1 * np.eye(size)
    expected = scipy.stats.multivariate_normal.logpdf(x, inputs.data["mu"], covariance)
    np.testing.assert_allclose(PROBLEMS["mvn"].value(inputs, "cholesky"), expected, rtol=1e-11)


def test_cdf_curve_agrees_with_scipy():
    inputs = PROBLEMS["timeline"].inputs(400, 0)
    expected = inputs.data["t"] * scipy.stats.norm.cdf(inputs.parameters[0] / inputs.parameters[1])
    np.testing.assert_allclose(PROBLEMS["timeline"].value(inputs, "cdf"), expected, rtol=1e-14)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.name)
def test_inputs_are_double_precision_finite_and_repeatable(problem):
    first, again = problem.inputs(5, 0), problem.inputs(5, 0)
    for name, array in (("parameters", first.parameters), *first.data.items()):
        assert array.dtype == np.float64, name
        assert np.isfinite(array).all(), name
    np.testing.assert_array_equal(first.parameters, again.parameters)
    for name, array in first.data.items():
        np.testing.assert_array_equal(array, again.data[name])
