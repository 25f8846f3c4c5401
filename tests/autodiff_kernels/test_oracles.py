"""The oracles agree with SciPy, with mpmath at 40 digits, which differentiates on its own, and with differences."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import scipy.stats

from autodiff_kernels import PROBLEMS
from autodiff_kernels.accuracy import scales
from tests.support.in_mpmath import IN_MPMATH, exact, objectives

DIGITS = 40
#: The smallest size of the fit, and settings that keep the inputs of other problems small enough for mpmath.
SIZES = {"gp_fit": 12, "smoothness": 3}
SMALL = {"ard": {"points": 4}, "decays": {"entries": 12}}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("gp_fit", 24, marks=pytest.mark.slow),
        ("counts_fit", 100),
        ("survival_fit", PROBLEMS["survival_fit"].formulations["weibull"].sizes[-1]),
    ],
)
def test_a_fit_is_a_minimum(name, size):
    problem = PROBLEMS[name]
    formulation = next(iter(problem.formulations))
    inputs = problem.inputs(size)
    fitted = problem.derivative(inputs, formulation)
    with mpmath.workdps(DIGITS):
        (output,) = objectives(name, formulation, {key: exact(array) for key, array in inputs.data.items()})
        point = tuple(exact(fitted))
        orders = np.eye(len(point), dtype=int)
        gradient = [float(mpmath.diff(output, point, tuple(map(int, order)))) for order in orders]
        hessian = [[float(mpmath.diff(output, point, tuple(map(int, a + b)))) for b in orders] for a in orders]
    assert np.max(np.abs(np.linalg.solve(hessian, gradient))) < 1e-9, "a step of Newton's leads nowhere"
    assert np.linalg.eigvalsh(hessian)[0] > 0


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("name", "formulation"),
    [(name, formulation) for name in IN_MPMATH for formulation in PROBLEMS[name].formulations],
)
def test_value_and_derivative_agree_with_mpmath(name, formulation, seed):
    problem = PROBLEMS[name]
    inputs = problem.measured_inputs(formulation, SIZES.get(name, 4), seed, **SMALL.get(name, {}))
    with mpmath.workdps(DIGITS):
        data = {key: exact(array) for key, array in inputs.data.items()}
        point = tuple(exact(inputs.parameters))
        outputs = objectives(name, formulation, data)
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
    size = 1 if problem.name == "layers" else max(5, problem.size_limits[0])
    inputs = problem.measured_inputs(formulation, size, seed, **SMALL.get(problem.name, {}))
    by_differences = _differences(
        lambda point: problem.value(replace(inputs, parameters=point), formulation), inputs.parameters
    )
    exact = problem.fit.gradient(inputs, inputs.parameters) if problem.fit else problem.derivative(inputs, formulation)
    form = problem.formulations[formulation]
    scale = scales(exact, form.blocks(size) if form.blocks else ())
    np.testing.assert_allclose(by_differences / scale, exact / scale, atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", [problem.name for problem in PROBLEMS.values() if problem.hessian])
def test_hessian_agrees_with_mpmath(name, seed):
    problem = PROBLEMS[name]
    formulation = next(iter(problem.formulations))
    inputs = problem.inputs(4, seed)
    with mpmath.workdps(DIGITS):
        data = {key: exact(array) for key, array in inputs.data.items()}
        point = tuple(exact(inputs.parameters))
        (output,) = objectives(name, formulation, data)
        orders = np.eye(len(point), dtype=int)
        expected = [[float(mpmath.diff(output, point, tuple(map(int, a + b)))) for b in orders] for a in orders]
    if problem.hessian_product:
        product = problem.hessian_product(inputs, formulation, inputs.parameters)
        np.testing.assert_allclose(product, np.array(expected) @ inputs.parameters, rtol=1e-10)
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
