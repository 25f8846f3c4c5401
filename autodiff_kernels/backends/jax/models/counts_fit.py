"""Fit of counts: the negative log-likelihood of `counts`."""

from __future__ import annotations

import jax

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.models import counts


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_likelihood = counts.model(formulation).objective

    def explicit(parameters: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        value, gradient = counts.value_and_gradient(parameters, x, y)
        return -value, -gradient

    return Model(lambda parameters, x, y: -log_likelihood(parameters, x, y), explicit)
