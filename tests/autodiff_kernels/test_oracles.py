"""The oracles agree with SciPy, with mpmath at 40 digits, which differentiates on its own, and with differences."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import scipy.stats

from autodiff_kernels import PROBLEMS

DIGITS = 40
#: The smallest size of the fit, and settings that keep the inputs of other problems small enough for mpmath.
SIZES = {"gp_fit": 12}
SMALL = {"ard": {"points": 4}, "decays": {"entries": 12}}
#: The problems whose formula is written in mpmath below.
IN_MPMATH = ("ard", "covariance", "decays", "gp_fit", "mvn", "rbf", "survival_fit", "timeline")


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


def _log_density(residual, entry, noise):
    n = len(residual)

    def log_density(*parameters):
        covariance = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                covariance[i, j] = entry(i, j)(*parameters) + (noise if i == j else 0)
        quadratic = (mpmath.matrix(residual).T * mpmath.inverse(covariance) * mpmath.matrix(residual))[0]
        return -(n * mpmath.log(2 * mpmath.pi) + mpmath.log(mpmath.det(covariance)) + quadratic) / 2

    return log_density


def _mvn(data):
    residual = [a - b for a, b in zip(data["x"], data["mu"], strict=True)]
    return _log_density(residual, lambda i, j: _covariance_entry(data, i, j), data["noise"])


def _ard(data):
    def entry(i, j):
        pairs = list(zip(data["x"][i], data["x"][j], strict=True))
        return lambda *lengthscales: (
            data["variance"]
            * mpmath.exp(
                -mpmath.fsum(((a - b) / scale) ** 2 for (a, b), scale in zip(pairs, lengthscales, strict=True)) / 2
            )
        )

    return _log_density(data["residual"], entry, data["noise"])


def _gp(data):
    def entry(i, j):
        return lambda lengthscale, variance, noise: (
            _kernel(lengthscale, variance, (data["t"][i] - data["t"][j]) ** 2) + (noise if i == j else 0)
        )

    log_density = _log_density(data["y"], entry, 0)
    return lambda *logarithms: -log_density(*map(mpmath.exp, logarithms))


def _survival(data):
    def objective(level, slope, log_rho):
        rho, patients = mpmath.exp(log_rho), zip(data["t"], data["died"], data["a"], strict=True)
        # The logarithm of the density if the death was observed, else of the survival function.
        return -mpmath.fsum(
            died * mpmath.log(rho / t * (t / mpmath.exp(level + slope * a)) ** rho)
            - (t / mpmath.exp(level + slope * a)) ** rho
            for t, died, a in patients
        )

    return objective


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("gp_fit", 24, marks=pytest.mark.slow),
        ("survival_fit", PROBLEMS["survival_fit"].formulations["weibull"].sizes[-1]),
    ],
)
def test_a_fit_is_a_minimum(name, size):
    problem = PROBLEMS[name]
    formulation = next(iter(problem.formulations))
    inputs = problem.inputs(size)
    fitted = problem.derivative(inputs, formulation)
    with mpmath.workdps(DIGITS):
        (output,) = _outputs(name, formulation, {key: _exact(array) for key, array in inputs.data.items()})
        point = tuple(_exact(fitted))
        orders = np.eye(3, dtype=int)
        gradient = [float(mpmath.diff(output, point, tuple(map(int, order)))) for order in orders]
        hessian = [[float(mpmath.diff(output, point, tuple(map(int, a + b)))) for b in orders] for a in orders]
    assert np.max(np.abs(np.linalg.solve(hessian, gradient))) < 1e-9, "a step of Newton's leads nowhere"
    assert np.linalg.eigvalsh(hessian)[0] > 0


def _decay(t):
    return lambda *rates: mpmath.fsum(mpmath.exp(-rate * t) for rate in rates)


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
    if name == "ard":
        return [_ard(data)]
    if name == "decays":
        return [_decay(t) for t in data["t"]]
    if name == "gp_fit":
        return [_gp(data)]
    if name == "survival_fit":
        return [_survival(data)]
    if name == "timeline":
        return [_curve(t, formulation) for t in data["t"]]
    assert name == "covariance"
    n = len(data["x"])
    if formulation == "full":
        return [_covariance_entry(data, i, j) for i in range(n) for j in range(n)]
    return [_contracted(data)]


def _exact(array):
    return [_exact(row) for row in array] if array.ndim else mpmath.mpf(float(array))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("name", "formulation"),
    [(name, formulation) for name in IN_MPMATH for formulation in PROBLEMS[name].formulations],
)
def test_value_and_derivative_agree_with_mpmath(name, formulation, seed):
    problem = PROBLEMS[name]
    inputs = problem.inputs(SIZES.get(name, 4), seed, **SMALL.get(name, {}))
    with mpmath.workdps(DIGITS):
        data = {key: _exact(array) for key, array in inputs.data.items()}
        point = tuple(_exact(inputs.parameters))
        outputs = _outputs(name, formulation, data)
        values = [float(output(*point)) for output in outputs]
        orders = np.eye(len(point), dtype=int).tolist()
        derivatives = [[float(mpmath.diff(output, point, tuple(order))) for order in orders] for output in outputs]
    np.testing.assert_allclose(np.ravel(problem.value(inputs, formulation)), values, rtol=1e-12)
    if problem.fits:
        return
    np.testing.assert_allclose(
        problem.derivative(inputs, formulation).reshape(-1, len(point)), derivatives, rtol=1e-11, atol=1e-15
    )


def _differences(function, point):
    """The derivative of a function by central differences of the sixth order: shape (…, p)."""
    columns = []
    for index, number in enumerate(point):
        step = 1e-2 * (abs(number) or 1.0)
        columns.append(
            sum(
                weight * (function(_moved(point, index, times * step)) - function(_moved(point, index, -times * step)))
                for times, weight in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
            )
            / step
        )
    return np.stack(columns, axis=-1)


def _moved(point, index, by):
    moved = np.array(point)
    moved[index] += by
    return moved


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("problem", "formulation"),
    [
        pytest.param(problem, formulation, id=f"{problem.name}-{formulation}")
        for problem in PROBLEMS.values()
        for formulation in problem.formulations
    ],
)
def test_the_derivative_agrees_with_differences_of_the_value(problem, formulation, seed):
    """A new problem is checked here without further work; `build` compares the value with those of the backends."""
    size = max(5, problem.size_limits[0])
    inputs = problem.inputs(size, seed, **SMALL.get(problem.name, {}))
    by_differences = _differences(
        lambda point: problem.value(replace(inputs, parameters=point), formulation), inputs.parameters
    )
    exact = problem.fit.gradient(inputs, inputs.parameters) if problem.fit else problem.derivative(inputs, formulation)
    scale = np.abs(exact).reshape(-1, exact.shape[-1]).max(axis=0)
    np.testing.assert_allclose(by_differences / scale, exact / scale, atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", [problem.name for problem in PROBLEMS.values() if problem.hessian])
def test_hessian_agrees_with_mpmath(name, seed):
    problem = PROBLEMS[name]
    formulation = next(iter(problem.formulations))
    inputs = problem.inputs(4, seed)
    with mpmath.workdps(DIGITS):
        data = {key: _exact(array) for key, array in inputs.data.items()}
        point = tuple(_exact(inputs.parameters))
        (output,) = _outputs(name, formulation, data)
        second = {order: float(mpmath.diff(output, point, order)) for order in ((2, 0), (1, 1), (0, 2))}
    expected = [[second[2, 0], second[1, 1]], [second[1, 1], second[0, 2]]]
    np.testing.assert_allclose(problem.hessian(inputs, formulation), expected, rtol=1e-10)


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
