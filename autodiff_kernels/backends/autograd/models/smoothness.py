"""Roughness ½ Σ_axes weight Σ (x[i + 1] - x[i])² of a field on a grid."""

from __future__ import annotations

from functools import partial

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    axes = {"plane": 2, "cube": 3}[formulation]
    return Model(partial(_objective, axes), partial(_explicit, axes))


def _side(axes: int, field: np.ndarray) -> int:
    return round(field.size ** (1 / axes))


def _objective(axes: int, field: np.ndarray, weights: np.ndarray) -> np.ndarray:
    grid = anp.reshape(field, (_side(axes, field),) * axes)
    return 0.5 * sum(weights[axis] * anp.sum(anp.diff(grid, axis=axis) ** 2) for axis in range(axes))


def _explicit(axes: int, field: np.ndarray, weights: np.ndarray) -> np.ndarray:
    grid = field.reshape((_side(axes, field),) * axes)
    total = np.zeros_like(grid)
    for axis, weight in enumerate(weights):
        differences = np.diff(grid, axis=axis)
        differences *= weight
        # Each difference pulls its two points together.
        lower, upper = np.moveaxis(total, axis, 0)[:-1], np.moveaxis(total, axis, 0)[1:]
        along = np.moveaxis(differences, axis, 0)
        lower -= along
        upper += along
    return total.ravel()
