"""Matrices that several models share. Formulas and names are those of autodiff_kernels/problems."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def squared_distances(x: jax.Array) -> jax.Array:
    """D for points on a line, shape (n, n)."""
    return (x[:, None] - x[None, :]) ** 2


def rbf_matrix(parameters: jax.Array, x: jax.Array) -> jax.Array:
    """K for points on a line, shape (n, n); `parameters` are (lengthscale, variance)."""
    lengthscale, variance = parameters
    return variance * jnp.exp(-0.5 * squared_distances(x) / lengthscale**2)
