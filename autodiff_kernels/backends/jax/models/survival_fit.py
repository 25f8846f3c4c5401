"""Survival fit, a Weibull regression: Σ exp(z) - Σ died · (log ρ - log t + z), z = ρ (log t - level - slope · a)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: jax.Array, t: jax.Array, died: jax.Array, a: jax.Array) -> jax.Array:
        level, slope, log_rho = parameters
        z = jnp.exp(log_rho) * (jnp.log(t) - level - slope * a)
        return jnp.sum(jnp.exp(z)) - jnp.sum(died * (log_rho - jnp.log(t) + z))

    def explicit(parameters: jax.Array, t: jax.Array, died: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
        level, slope, log_rho = parameters
        rho = jnp.exp(log_rho)
        z = rho * (jnp.log(t) - level - slope * a)
        hazard = jnp.exp(z)
        weights = hazard - died
        value = jnp.sum(hazard) - jnp.sum(died * (log_rho - jnp.log(t) + z))
        return value, jnp.stack([-rho * jnp.sum(weights), -rho * (weights @ a), weights @ z - jnp.sum(died)])

    return Model(objective, explicit)
