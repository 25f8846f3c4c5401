"""Gaussian process fit: -log N(y; 0, K + noise·I) in log lengthscale, log variance and log noise, by `mvn`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.lapack import by_lapack
from autodiff_kernels.backends.jax.models import mvn
from autodiff_kernels.backends.jax.solving import Inversion, by_own_functions


def _of(log_density: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def objective(logarithms: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
        parameters = jnp.exp(logarithms)
        return -log_density(parameters[:2], t, t - y, parameters[2])

    return objective


def _value_and_gradient(
    inversion: Inversion, logarithms: jax.Array, t: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array]:
    parameters = jnp.exp(logarithms)
    value, (in_parameters, _, _, in_noise) = mvn.derivatives(inversion, parameters[:2], t, t - y, parameters[2])
    return -value, -jnp.append(in_parameters, in_noise) * parameters


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_density = mvn.model("cholesky")
    assert log_density.custom_rule is not None
    return Model(
        _of(log_density.objective),
        partial(_value_and_gradient, by_own_functions),
        lapack=partial(_value_and_gradient, by_lapack),
        custom_rule=_of(log_density.custom_rule),
    )
