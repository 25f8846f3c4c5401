"""Many small log-densities log N(r; 0, K + noise·I), each with a lengthscale of its own."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.matrices import squared_distances


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    return Model(_objective, _explicit)


def _noisy_covariance(lengthscale: jax.Array, x: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """S, K and D of one system."""
    distances = squared_distances(x)
    correlation = jnp.exp(-0.5 * distances / lengthscale**2)
    return correlation + noise * jnp.eye(x.size, dtype=x.dtype), correlation, distances


def _objective(lengthscales: jax.Array, x: jax.Array, residual: jax.Array, noise: jax.Array) -> jax.Array:
    def log_density(lengthscale: jax.Array, x: jax.Array, residual: jax.Array) -> jax.Array:
        factor = jnp.linalg.cholesky(_noisy_covariance(lengthscale, x, noise)[0])
        # A complex step makes the factor complex, and the solve needs one dtype.
        whitened = solve_triangular(factor, residual.astype(factor.dtype), lower=True)
        return -jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    return jnp.sum(jax.vmap(log_density)(lengthscales, x, residual)) - 0.5 * math.log(2 * math.pi) * x.size


def _explicit(lengthscales: jax.Array, x: jax.Array, residual: jax.Array, noise: jax.Array) -> jax.Array:
    def derivative(lengthscale: jax.Array, x: jax.Array, residual: jax.Array) -> jax.Array:
        noisy_covariance, correlation, distances = _noisy_covariance(lengthscale, x, noise)
        factor = jnp.linalg.cholesky(noisy_covariance)
        whitening = solve_triangular(factor, jnp.eye(x.size, dtype=x.dtype), lower=True)
        alpha, inverse = (whitening @ residual) @ whitening, whitening.T @ whitening
        weights = (jnp.outer(alpha, alpha) - inverse) * correlation * distances
        return 0.5 * jnp.sum(weights) / lengthscale**3

    return jax.vmap(derivative)(lengthscales, x, residual)
