"""RBF matrix K = variance · exp(-½ D / lengthscale²), full or contracted with a cotangent."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.matrices import rbf_matrix, squared_distances


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def correlation(lengthscale: jax.Array, distances: jax.Array) -> jax.Array:
        return jnp.exp(-0.5 / lengthscale**2 * distances)

    def jacobian(parameters: jax.Array, x: jax.Array, cotangent: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        distances = squared_distances(x)
        slopes = jnp.stack([variance / lengthscale**3 * distances, jnp.ones_like(distances)], axis=-1)
        return correlation(lengthscale, distances)[..., None] * slopes

    def gradient(parameters: jax.Array, x: jax.Array, cotangent: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        distances = squared_distances(x)
        weights = cotangent * correlation(lengthscale, distances)
        return jnp.stack([variance / lengthscale**3 * jnp.sum(weights * distances), jnp.sum(weights)])

    if formulation == "full":
        return Model(lambda parameters, x, cotangent: rbf_matrix(parameters, x), jacobian)
    return Model(
        objective=lambda parameters, x, cotangent: jnp.sum(cotangent * rbf_matrix(parameters, x)),
        explicit=gradient,
        checkpointed=lambda parameters, x, cotangent: jnp.sum(cotangent * jax.checkpoint(rbf_matrix)(parameters, x)),
    )
