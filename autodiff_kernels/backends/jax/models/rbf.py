"""RBF kernel k = variance · exp(-½ ‖x1 - x2‖² / lengthscale²)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: jax.Array, x1: jax.Array, x2: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        return variance * jnp.exp(-0.5 * jnp.sum((x1 - x2) ** 2) / lengthscale**2)

    def explicit(parameters: jax.Array, x1: jax.Array, x2: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        scaled = jnp.sum((x1 - x2) ** 2) / lengthscale**2
        correlation = jnp.exp(-0.5 * scaled)
        return jnp.stack([variance * correlation * scaled / lengthscale, correlation])

    return Model(objective, explicit)
