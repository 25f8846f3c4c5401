"""Sums of exponential decays y = Σ exp(-rate t)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(rates: jax.Array, t: jax.Array) -> jax.Array:
        return jnp.sum(jnp.exp(-t[:, None] * rates), axis=1)

    def explicit(rates: jax.Array, t: jax.Array) -> jax.Array:
        return -t[:, None] * jnp.exp(-t[:, None] * rates)

    return Model(objective, explicit)
