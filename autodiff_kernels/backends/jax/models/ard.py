"""ARD log-density log N(r; 0, K + noise·I), by one Cholesky factor."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.lapack import by_lapack
from autodiff_kernels.backends.jax.solving import Inversion, by_own_functions


def _kernel_matrix(lengthscales: jax.Array, x: jax.Array, variance: jax.Array) -> jax.Array:
    """K, with the distances by one matrix product: ‖a - b‖² = ‖a‖² + ‖b‖² - 2 aᵀb."""
    scaled = (x - jnp.mean(x, axis=0)) / lengthscales
    squares = jnp.sum(scaled**2, axis=1)
    return variance * jnp.exp(scaled @ scaled.T - 0.5 * (squares[:, None] + squares))


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(
        lengthscales: jax.Array, x: jax.Array, residual: jax.Array, variance: jax.Array, noise: jax.Array
    ) -> jax.Array:
        noisy_covariance = _kernel_matrix(lengthscales, x, variance) + noise * jnp.eye(len(x), dtype=x.dtype)
        factor = jnp.linalg.cholesky(noisy_covariance)
        # A complex step makes the factor complex, and the solve needs one dtype.
        whitened = solve_triangular(factor, residual.astype(factor.dtype), lower=True)
        normalisation = -0.5 * len(x) * math.log(2 * math.pi)
        return normalisation - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    def by_hand(
        inversion: Inversion,
        lengthscales: jax.Array,
        x: jax.Array,
        residual: jax.Array,
        variance: jax.Array,
        noise: jax.Array,
    ) -> jax.Array:
        kernel_matrix = _kernel_matrix(lengthscales, x, variance)
        inverse, alpha, _ = inversion(kernel_matrix + noise * jnp.eye(len(x), dtype=x.dtype), residual)
        below = jnp.tril(jnp.outer(alpha, alpha) - inverse, -1) * kernel_matrix
        # Σᵢⱼ w[i, j] (x[i, k] - x[j, k])² = Σᵢ (row and column sums of w)[i] x[i, k]² - 2 Σᵢ x[i, k] (w x)[i, k]
        centred = x - jnp.mean(x, axis=0)
        sums = jnp.sum(below, axis=0) + jnp.sum(below, axis=1)
        return (sums @ centred**2 - 2 * jnp.sum(centred * (below @ centred), axis=0)) / lengthscales**3

    return Model(objective, partial(by_hand, by_own_functions), lapack=partial(by_hand, by_lapack))
