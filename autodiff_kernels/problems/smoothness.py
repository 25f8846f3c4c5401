"""Roughness of a field: the weighted squares of all differences between neighbours on a grid, n points along each side.

f = ½ Σ_axes weight[axis] Σ (x[i + 1] - x[i])²,   ∂f/∂x = Σ_axes weight[axis] Dᵀ D x

D takes the differences along an axis. The gradient has as many entries as the field, each from a few neighbours.

Formulations
- `plane`: a grid of n × n points.
- `cube`: a grid of n × n × n points.

Source: Rue & Held, Gaussian Markov Random Fields (2005), section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem

_WEIGHTS = np.array([0.7, 1.3, 0.4])


def inputs(size: int, seed: int = 0, *, axes: int = 2) -> Inputs:
    """A field of normal numbers, as one vector in the order of its rows, and a weight for each axis."""
    field = np.random.default_rng(seed).standard_normal(size**axes)
    return Inputs(field, {"weights": _WEIGHTS[:axes].copy()})


def _differences(axis: int, axes: int, side: int) -> Any:
    """D as a sparse matrix. No backend uses this method."""
    from scipy import sparse  # on demand, since it takes longer to import than NumPy

    along = sparse.diags([-np.ones(side - 1), np.ones(side - 1)], offsets=[0, 1], shape=(side - 1, side))
    return sparse.kron(sparse.kron(sparse.eye(side**axis), along), sparse.eye(side ** (axes - 1 - axis)), format="csr")


def _matrices(inputs: Inputs) -> list[Any]:
    axes = inputs.data["weights"].size
    side = round(inputs.parameters.size ** (1 / axes))
    return [_differences(axis, axes, side) for axis in range(axes)]


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The roughness: shape ()."""
    pairs = zip(inputs.data["weights"], _matrices(inputs), strict=True)
    return np.asarray(0.5 * sum(weight * np.sum((matrix @ inputs.parameters) ** 2) for weight, matrix in pairs))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in the field: shape (p,)."""
    pairs = zip(inputs.data["weights"], _matrices(inputs), strict=True)
    return np.sum([weight * (matrix.T @ (matrix @ inputs.parameters)) for weight, matrix in pairs], axis=0)


def _of(axes: int, sizes: tuple[int, ...], gpu_sizes: tuple[int, ...]) -> Formulation:
    def points(size: int) -> int:
        return size**axes

    # A difference, a square and a sum for each axis; the gradient takes two more.
    operations: Callable[[int], Operations] = lambda size: Operations(3 * axes * points(size), 5 * axes * points(size))  # noqa: E731
    return Formulation(
        ("field",),
        sizes=sizes,
        gpu_sizes=gpu_sizes,
        operations=operations,
        inputs=partial(inputs, axes=axes),
        largest_array=points,
        parameters_of_size=points,
        blocks=lambda size: (points(size),),
        float32_tolerance=1e-3,
        terms_of_difference=points,
    )


PROBLEM = Problem(
    name="smoothness",
    summary="roughness of a field: squared differences between neighbours on a grid; gradient in all of its points",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={"plane": _of(2, (8, 32, 200, 1_400), (8_000,)), "cube": _of(3, (4, 10, 125), (400,))},
    size_limits=(2, 10_000),
)
