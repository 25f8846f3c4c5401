"""Roughness ½ Σ_axes weight Σ (x[i + 1] - x[i])² of a field on a grid."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    axes = {"plane": 2, "cube": 3}[formulation]
    return Model(partial(_objective, axes), partial(_explicit, axes))


def _on_grid(axes: int, field: jax.Array) -> jax.Array:
    side = round(field.size ** (1 / axes))
    return field.reshape((side,) * axes)


def _objective(axes: int, field: jax.Array, weights: jax.Array) -> jax.Array:
    grid = _on_grid(axes, field)
    squares = [jnp.sum(jnp.diff(grid, axis=axis) ** 2) for axis in range(axes)]
    return 0.5 * weights @ jnp.stack(squares)


def _explicit(axes: int, field: jax.Array, weights: jax.Array) -> jax.Array:
    grid = _on_grid(axes, field)
    total = jnp.zeros_like(grid)
    for axis in range(axes):
        along = weights[axis] * jnp.diff(grid, axis=axis)
        # Each difference pulls its two points together.
        after, before = ([ends if each == axis else (0, 0) for each in range(axes)] for ends in ((1, 0), (0, 1)))
        total += jnp.pad(along, after) - jnp.pad(along, before)
    return total.reshape(-1)
