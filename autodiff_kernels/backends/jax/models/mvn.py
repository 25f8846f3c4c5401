"""log N(x; mu, K + noise·I) by one Cholesky factor, or with determinant and general solves as in a textbook."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.matrices import rbf_matrix, squared_distances
from autodiff_kernels.backends.jax.solving import SMALLEST, factorised

#: The parameters and the data, as the problem names them.
_Arguments = tuple[jax.Array, jax.Array, jax.Array, jax.Array]


def model(formulation: str) -> Model:
    """The objective and its derivative by hand."""
    if formulation == "textbook":
        return Model(_textbook_objective, _textbook_explicit)
    return Model(
        objective=_log_density(rbf_matrix),
        explicit=lambda *arguments: derivatives(*arguments)[1][0],
        custom_rule=_log_density_with_rule,
        checkpointed=_log_density(jax.checkpoint(rbf_matrix)),
    )


def _normalisation(size: int) -> float:
    return -0.5 * size * math.log(2 * math.pi)


def _with_noise(covariance: jax.Array, noise: jax.Array) -> jax.Array:
    return covariance + noise * jnp.eye(len(covariance), dtype=covariance.dtype)


def _log_density(covariance_of: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        factor = jnp.linalg.cholesky(_with_noise(covariance_of(parameters, x), noise))
        # A complex step makes the factor complex, and the solve wants one dtype.
        whitened = solve_triangular(factor, (x - mu).astype(factor.dtype), lower=True)
        return _normalisation(x.size) - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    return objective


def derivatives(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> tuple[jax.Array, _Arguments]:
    """The log-density and its derivatives in all arguments, from one factor and one inverse.

    What of it is not used, the compiler leaves out.
    """
    lengthscale, variance = parameters
    distances = squared_distances(x)
    correlation = jnp.exp(-0.5 / lengthscale**2 * distances)
    residual = x - mu
    covariance = variance * correlation
    inverse, alpha, diagonal = factorised(_with_noise(covariance, noise), residual)
    value = _normalisation(x.size) - jnp.sum(jnp.log(diagonal)) - 0.5 * residual @ alpha
    in_noise = 0.5 * (alpha @ alpha - jnp.trace(inverse))
    # ∂/∂S = ½ (α αᵀ - S⁻¹)
    pull = jnp.outer(alpha, alpha) - inverse
    below = jnp.tril(pull, -1) * correlation
    if x.size < SMALLEST:  # few operations, since each of them costs more than its numbers
        whole = 0.5 * pull * covariance
        in_lengthscale = jnp.sum(whole * distances) / lengthscale**3
        in_variance = jnp.sum(whole) / variance
    else:  # the inverse has its lower triangle; on the diagonal D is zero, and K / variance one
        in_lengthscale = jnp.sum(below * distances) * variance / lengthscale**3
        in_variance = jnp.sum(below) + in_noise
    pulls = below * (x[:, None] - x[None, :]) * (variance / lengthscale**2)
    in_x = jnp.sum(pulls, axis=0) - jnp.sum(pulls, axis=1) - alpha
    return value, (jnp.stack([in_lengthscale, in_variance]), in_x, alpha, in_noise)


@jax.custom_vjp
def _log_density_with_rule(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    """The log-density, whose derivatives are those by hand."""
    return _log_density(rbf_matrix)(parameters, x, mu, noise)


def _pull_back(derivatives: _Arguments, cotangent: jax.Array) -> _Arguments:
    in_parameters, in_x, in_mu, in_noise = derivatives
    return cotangent * in_parameters, cotangent * in_x, cotangent * in_mu, cotangent * in_noise


_log_density_with_rule.defvjp(derivatives, _pull_back)


def _textbook_objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    covariance = _with_noise(rbf_matrix(parameters, x), noise)
    whitened = jnp.linalg.solve(jnp.linalg.cholesky(covariance), (x - mu).astype(covariance.dtype))
    return _normalisation(x.size) - 0.5 * jnp.log(jnp.linalg.det(covariance)) - 0.5 * whitened @ whitened


def _textbook_explicit(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
    lengthscale, variance = parameters
    covariance = rbf_matrix(parameters, x)
    factor = jnp.linalg.cholesky(_with_noise(covariance, noise))
    alpha = jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, x - mu))

    def component(slope: jax.Array) -> jax.Array:
        trace = jnp.trace(jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, slope)))
        return 0.5 * (alpha @ slope @ alpha - trace)

    return jnp.stack([component(covariance * squared_distances(x) / lengthscale**3), component(covariance / variance)])
