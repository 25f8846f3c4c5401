"""State-space fit: -log N(y; 0, K + noise·I) in log lengthscale, log variance and log noise, by `state_space`."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.models import state_space
from autodiff_kernels.markov import MATERN


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_density = state_space.model(formulation).objective

    def objective(logarithms: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
        return -log_density(jnp.exp(logarithms), t, y)

    def explicit(logarithms: jax.Array, t: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        parameters = jnp.exp(logarithms)
        value, gradient = state_space.value_and_gradient(MATERN[0], jax.lax.scan, parameters, t, y)
        return -value, -gradient * parameters

    return Model(objective, explicit)
