"""Poisson regression with random effects of groups, or values between the knots of a grid: gathered and added up."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.ops import segment_sum

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "interpolated":
        return Model(_between_knots, _explicit_of_knots)
    return Model(_objective, _explicit)


def _predictor(u: jax.Array, group: jax.Array, z: jax.Array) -> jax.Array:
    return jnp.sum(u.reshape(-1, z.shape[1])[group] * z, axis=1)


def _objective(u: jax.Array, group: jax.Array, z: jax.Array, y: jax.Array) -> jax.Array:
    predictor = _predictor(u, group, z)
    return jnp.sum(y * predictor - jnp.exp(predictor)) - 0.5 * jnp.sum(u**2)


def _explicit(u: jax.Array, group: jax.Array, z: jax.Array, y: jax.Array) -> jax.Array:
    residual = y - jnp.exp(_predictor(u, group, z))
    of_groups = segment_sum(residual[:, None] * z, group, num_segments=u.size // z.shape[1])
    return of_groups.reshape(-1) - u


def _between_knots(u: jax.Array, knot: jax.Array, w: jax.Array, y: jax.Array) -> jax.Array:
    predictor = (1 - w) * u[knot] + w * u[knot + 1]
    return -0.5 * (jnp.sum((y - predictor) ** 2) + jnp.sum(u**2))


def _explicit_of_knots(u: jax.Array, knot: jax.Array, w: jax.Array, y: jax.Array) -> jax.Array:
    residual = y - (1 - w) * u[knot] - w * u[knot + 1]
    left = segment_sum((1 - w) * residual, knot, num_segments=u.size)
    return left + segment_sum(w * residual, knot + 1, num_segments=u.size) - u
