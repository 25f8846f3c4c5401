"""K = variance · exp(-½ D / lengthscale²), as it is or contracted with a cotangent."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.matrices import rbf_matrix, squared_distances


def model(formulation: str) -> Model:
    """The objective and its derivative by hand."""

    def slopes(parameters: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        lengthscale, variance = parameters
        scaled = squared_distances(x) / lengthscale**2
        correlation = jnp.exp(-0.5 * scaled)
        return variance / lengthscale * correlation * scaled, correlation

    if formulation == "full":
        return Model(
            objective=lambda parameters, x, cotangent: rbf_matrix(parameters, x),
            explicit=lambda parameters, x, cotangent: jnp.stack(slopes(parameters, x), axis=-1),
        )
    return Model(
        objective=lambda parameters, x, cotangent: jnp.sum(cotangent * rbf_matrix(parameters, x)),
        explicit=lambda parameters, x, cotangent: jnp.stack(
            [jnp.sum(cotangent * slope) for slope in slopes(parameters, x)]
        ),
        checkpointed=lambda parameters, x, cotangent: jnp.sum(cotangent * jax.checkpoint(rbf_matrix)(parameters, x)),
    )
