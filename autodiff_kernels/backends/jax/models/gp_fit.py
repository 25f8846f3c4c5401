"""Gaussian process fit: -log N(y; 0, K + noise·I) in log lengthscale, log variance and log noise, by `mvn`."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.models import mvn


def _of(log_density: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def objective(logarithms: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
        parameters = jnp.exp(logarithms)
        return -log_density(parameters[:2], t, t - y, parameters[2])

    return objective


def _value_and_gradient(logarithms: jax.Array, t: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    parameters = jnp.exp(logarithms)
    value, (in_parameters, _, _, in_noise) = mvn.derivatives(parameters[:2], t, t - y, parameters[2])
    return -value, -jnp.append(in_parameters, in_noise) * parameters


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_density = mvn.model("cholesky")
    assert log_density.custom_rule is not None
    return Model(_of(log_density.objective), _value_and_gradient, custom_rule=_of(log_density.custom_rule))
