"""MVN log-density log N(x; mu, K + noise·I), by one Cholesky factor or by the textbook formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.lapack import by_lapack
from autodiff_kernels.backends.jax.matrices import rbf_matrix, squared_distances
from autodiff_kernels.backends.jax.solving import Inversion, by_fastest, by_own_functions

#: The parameters and the data, in the order of the problem.
_Arguments = tuple[jax.Array, jax.Array, jax.Array, jax.Array]


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "textbook":
        return Model(_textbook_objective, _textbook_explicit)
    return Model(
        objective=_log_density(rbf_matrix),
        explicit=lambda *arguments: derivatives(by_own_functions, *arguments)[1][0],
        lapack=lambda *arguments: derivatives(by_lapack, *arguments)[1][0],
        custom_rule=_log_density_with_rule,
        checkpointed=_log_density(jax.checkpoint(rbf_matrix)),
    )


def _normalisation(size: int) -> float:
    return -0.5 * size * math.log(2 * math.pi)


def _noisy_covariance(kernel_matrix: jax.Array, noise: jax.Array) -> jax.Array:
    """S, shape (n, n)."""
    return kernel_matrix + noise * jnp.eye(len(kernel_matrix), dtype=kernel_matrix.dtype)


def _log_density(kernel_matrix: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        factor = jnp.linalg.cholesky(_noisy_covariance(kernel_matrix(parameters, x), noise))
        # A complex step makes the factor complex, and the solve needs one dtype.
        whitened = solve_triangular(factor, (x - mu).astype(factor.dtype), lower=True)
        return _normalisation(x.size) - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    return objective


def derivatives(
    inversion: Inversion, parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array
) -> tuple[jax.Array, _Arguments]:
    """The log-density and its derivatives in all arguments, from one factor and one inverse.

    The compiler removes results that are not used.
    """
    lengthscale, variance = parameters
    distances = squared_distances(x)
    correlation = jnp.exp(-0.5 / lengthscale**2 * distances)
    residual = x - mu
    kernel_matrix = variance * correlation
    inverse, alpha, diagonal = inversion(_noisy_covariance(kernel_matrix, noise), residual)
    value = _normalisation(x.size) - jnp.sum(jnp.log(diagonal)) - 0.5 * residual @ alpha
    in_noise = 0.5 * (alpha @ alpha - jnp.trace(inverse))
    # ∂/∂S = ½ (α αᵀ - S⁻¹)
    pull = jnp.outer(alpha, alpha) - inverse
    below = jnp.tril(pull, -1) * correlation
    # Only the lower triangle of the inverse is correct. On the diagonal D = 0 and K = variance.
    in_lengthscale = jnp.sum(below * distances) * variance / lengthscale**3
    in_variance = jnp.sum(below) + in_noise
    pulls = below * (x[:, None] - x[None, :]) * (variance / lengthscale**2)
    in_x = jnp.sum(pulls, axis=0) - jnp.sum(pulls, axis=1) - alpha
    return value, (jnp.stack([in_lengthscale, in_variance]), in_x, alpha, in_noise)


@jax.custom_vjp
def _log_density_with_rule(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    """The log-density with explicit derivatives."""
    return _log_density(rbf_matrix)(parameters, x, mu, noise)


def _pull_back(derivatives: _Arguments, cotangent: jax.Array) -> _Arguments:
    in_parameters, in_x, in_mu, in_noise = derivatives
    return cotangent * in_parameters, cotangent * in_x, cotangent * in_mu, cotangent * in_noise


_log_density_with_rule.defvjp(partial(derivatives, by_fastest), _pull_back)


def _textbook_objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    noisy_covariance = _noisy_covariance(rbf_matrix(parameters, x), noise)
    whitened = jnp.linalg.solve(jnp.linalg.cholesky(noisy_covariance), (x - mu).astype(noisy_covariance.dtype))
    return _normalisation(x.size) - 0.5 * jnp.log(jnp.linalg.det(noisy_covariance)) - 0.5 * whitened @ whitened


def _textbook_explicit(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    lengthscale, variance = parameters
    kernel_matrix = rbf_matrix(parameters, x)
    factor = jnp.linalg.cholesky(_noisy_covariance(kernel_matrix, noise))
    alpha = jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, x - mu))

    def component(slope: jax.Array) -> jax.Array:
        trace = jnp.trace(jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, slope)))
        return 0.5 * (alpha @ slope @ alpha - trace)

    in_lengthscale = component(kernel_matrix * squared_distances(x) / lengthscale**3)
    return jnp.stack([in_lengthscale, component(kernel_matrix / variance)])
