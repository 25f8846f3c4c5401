"""Log-density of a periodic Gaussian process on a regular grid, by the Fourier transform or a Cholesky factor."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.solving import by_own_functions


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "dense":
        return Model(_dense_objective, _dense_explicit)
    return Model(_objective, _explicit)


def _distances(y: jax.Array) -> jax.Array:
    """2 sin²(π d / n) for d = 0 … n - 1, computed in each call; the same for d and n - d in float32, too."""
    numbers = jnp.arange(y.size, dtype=y.dtype)
    return 2 * jnp.sin(math.pi / y.size * jnp.minimum(numbers, y.size - numbers)) ** 2


def _spectrum(parameters: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """λ and |ŷ|² / n of the frequencies up to n / 2, how often each occurs, and c / variance."""
    lengthscale, variance, noise = parameters
    correlation = jnp.exp(-_distances(y) / lengthscale**2)
    eigenvalues = variance * jnp.fft.rfft(correlation).real + noise
    amplitudes = jnp.fft.rfft(y)
    return eigenvalues, (amplitudes.real**2 + amplitudes.imag**2) / y.size, _multiplicity(y), correlation


def _multiplicity(y: jax.Array) -> jax.Array:
    """How often the eigenvalue of each frequency up to n / 2 occurs."""
    numbers = jnp.arange(y.size // 2 + 1)
    return jnp.where((numbers == 0) | (2 * numbers == y.size), 1, 2).astype(y.dtype)


def _objective(parameters: jax.Array, y: jax.Array) -> jax.Array:
    eigenvalues, squares, times, _ = _spectrum(parameters, y)
    return -0.5 * jnp.sum(times * (jnp.log(2 * math.pi * eigenvalues) + squares / eigenvalues))


def _explicit(parameters: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, variance, _ = parameters
    eigenvalues, squares, times, correlation = _spectrum(parameters, y)
    weights = -0.5 * times * (1 - squares / eigenvalues) / eigenvalues
    in_lengthscale = jnp.fft.rfft(correlation * _distances(y)).real
    in_variance = jnp.fft.rfft(correlation).real
    return jnp.stack(
        [2 * variance / lengthscale**3 * (weights @ in_lengthscale), weights @ in_variance, jnp.sum(weights)]
    )


def _matrix(column: jax.Array) -> jax.Array:
    """The circulant matrix with this first column, shape (n, n)."""
    numbers = jnp.arange(column.size)
    return column[(numbers[:, None] - numbers) % column.size]


def _dense_objective(parameters: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, variance, noise = parameters
    kernel_matrix = _matrix(variance * jnp.exp(-_distances(y) / lengthscale**2))
    factor = jnp.linalg.cholesky(kernel_matrix + noise * jnp.eye(y.size, dtype=y.dtype))
    # A complex step makes the factor complex, and the solve needs one dtype.
    whitened = solve_triangular(factor, y.astype(factor.dtype), lower=True)
    normalisation = -0.5 * y.size * math.log(2 * math.pi)
    return normalisation - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened


def _dense_explicit(parameters: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, variance, noise = parameters
    distances = _distances(y)
    correlation = jnp.exp(-distances / lengthscale**2)
    matrix = _matrix(correlation)
    inverse, alpha, _ = by_own_functions(variance * matrix + noise * jnp.eye(y.size, dtype=y.dtype), y)
    # Only the lower triangle of the inverse is correct. On the diagonal the distance is 0 and the correlation 1.
    below = jnp.tril(jnp.outer(alpha, alpha) - inverse, -1) * matrix
    in_noise = 0.5 * (alpha @ alpha - jnp.trace(inverse))
    in_lengthscale = 2 * variance / lengthscale**3 * jnp.sum(below * _matrix(distances))
    return jnp.stack([in_lengthscale, jnp.sum(below) + in_noise, in_noise])
