"""With a condition number of 1e8, explicit gradients and custom rules are as accurate as gradients through Cholesky."""

from functools import cache, partial

import autograd
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from autodiff_kernels.backends.autograd.models import mvn as autograd_mvn
from autodiff_kernels.backends.jax import x64
from autodiff_kernels.backends.jax.models import mvn as jax_mvn
from autodiff_kernels.backends.jax.solving import SMALLEST
from autodiff_kernels.problems import mvn

PARAMETERS = np.array([0.3, 1.7])
CONDITION = 1e8
DRAWS = 60

needs_long_doubles = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="here a long double has no more digits than a double"
)


def _squared_distances(x):
    return (x[:, None] - x) ** 2


@cache
def _draw(size, seed):
    generator = np.random.default_rng(seed)
    x, mu = generator.random(size), generator.random(size) - 0.5
    lengthscale, variance = PARAMETERS
    covariance = variance * np.exp(-_squared_distances(x) / (2 * lengthscale**2))
    return x, mu, np.array(np.linalg.eigvalsh(covariance)[-1] / CONDITION)


@cache
def _exact(size, seed):
    """The gradient with 11 more bits than the tested ones, so that its error is a thousandth of theirs."""
    lengthscale, variance = PARAMETERS.astype(np.longdouble)
    x, mu, noise = (array.astype(np.longdouble) for array in _draw(size, seed))
    identity = np.eye(x.size, dtype=np.longdouble)
    covariance = variance * np.exp(-_squared_distances(x) / (2 * lengthscale**2))
    noisy, factor, inverse = covariance + noise * identity, 0 * identity, identity
    for j in range(x.size):
        factor[j, j] = np.sqrt(noisy[j, j] - factor[j, :j] @ factor[j, :j])
        factor[j + 1 :, j] = (noisy[j + 1 :, j] - factor[j + 1 :, :j] @ factor[j, :j]) / factor[j, j]
    for j in range(x.size):
        inverse[j] = (inverse[j] - factor[j, :j] @ inverse[:j]) / factor[j, j]
    inverse = inverse.T @ inverse
    alpha = inverse @ (x - mu)
    pull = (np.outer(alpha, alpha) - inverse) * covariance
    return np.array([(pull * _squared_distances(x)).sum() / lengthscale**3, pull.sum() / variance]) / 2


def _by_solves(np, linalg, parameters, x, mu, noise):
    """The gradient by a Cholesky factor and triangular solves, in NumPy or JAX."""
    lengthscale, variance = parameters
    covariance = variance * np.exp(-_squared_distances(x) / (2 * lengthscale**2))
    factor = linalg.cho_factor(covariance + noise * np.eye(x.size), lower=True)
    inverse, alpha = linalg.cho_solve(factor, np.eye(x.size)), linalg.cho_solve(factor, x - mu)
    pull = (np.outer(alpha, alpha) - inverse) * covariance
    return np.stack([(pull * _squared_distances(x)).sum() / lengthscale**3, pull.sum() / variance]) / 2


def _mean_errors(form, size):
    """Geometric means of the relative errors in lengthscale and variance, over many draws: one would depend on luck."""
    errors = [
        np.abs(np.asarray(form(PARAMETERS, *_draw(size, seed))) / _exact(size, seed) - 1).astype(float)
        for seed in range(DRAWS)
    ]
    assert np.isfinite(errors).all()
    return np.exp(np.log(errors).mean(axis=0))


@needs_long_doubles
@pytest.mark.parametrize("size", [40, SMALLEST + 10, 190])
@pytest.mark.parametrize("backend", ["autograd", "jax"])
def test_explicit_gradients_lose_no_more_digits_than_cholesky(backend, size):
    if backend == "jax":
        model, gradient = jax_mvn.model("cholesky"), jax.grad
        compiled, by_solves = jax.jit, partial(_by_solves, jnp, jax.scipy.linalg)
    else:
        model, gradient = autograd_mvn.model("cholesky"), autograd.grad
        compiled, by_solves = (lambda function: function), partial(_by_solves, np, scipy.linalg)
    with x64(True):
        usual = [_mean_errors(compiled(form), size) for form in (by_solves, gradient(model.objective))]
        ours = [_mean_errors(compiled(form), size) for form in (model.explicit, gradient(model.custom_rule))]
    # The means of DRAWS draws scatter by up to half.
    assert np.all(ours <= 1.5 * np.max(usual, axis=0)), (usual, ours)
    assert np.max(ours) < 1e-15 * CONDITION * 10


@pytest.mark.parametrize("formulation", ["cholesky", "textbook"])
@pytest.mark.parametrize("size", [40, SMALLEST + 10])
@pytest.mark.parametrize("backend", ["autograd", "jax"])
def test_the_derivative_in_the_variance_is_accurate_under_large_noise(backend, size, formulation):
    """The kernel hardly changes the inverse then, so n - noise tr(S⁻¹) would be only rounding errors."""
    inputs = mvn.inputs(size, noise=1e9)
    arguments = (inputs.parameters, *inputs.data.values())
    with x64(True):
        model = {"jax": jax_mvn, "autograd": autograd_mvn}[backend].model(formulation)
        gradient = np.asarray(model.explicit(*arguments))
    assert gradient[1] == pytest.approx(mvn.derivative(inputs, "cholesky")[1], rel=1e-13)
