"""Logistic regression ℓ = Σ y η - log(1 + exp(η)), η = X β."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(beta: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
        predictor = x @ beta
        return jnp.sum(y * predictor - jnp.logaddexp(0.0, predictor))

    def explicit(beta: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
        return (y - jax.nn.sigmoid(x @ beta)) @ x

    return Model(objective, explicit)
