"""RBF kernel: the kernel of one pair of points in d dimensions.

k(x, x') = variance · exp(-½ ‖x - x'‖² / lengthscale²)

∂k/∂lengthscale = k ‖x - x'‖² / lengthscale³
∂k/∂variance    = k / variance

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eq. 4.9.
"""

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem


def inputs(size: int, seed: int = 0) -> Inputs:
    """Two points of `size` dimensions, about one lengthscale apart for every size."""
    points = np.random.default_rng(seed).random((2, size))
    return Inputs(np.array([0.3 * np.sqrt(size), 1.7]), {"x1": points[0], "x2": points[1]})


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The kernel, by NumPy's Euclidean norm: shape ()."""
    lengthscale, variance = inputs.parameters
    distance = np.linalg.norm(inputs.data["x1"] - inputs.data["x2"])
    return np.asarray(variance * np.exp(-0.5 * (distance / lengthscale) ** 2))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in (lengthscale, variance): shape (2,)."""
    lengthscale, variance = inputs.parameters
    distance = np.linalg.norm(inputs.data["x1"] - inputs.data["x2"])
    kernel = value(inputs, formulation)
    return np.array([kernel * distance**2 / lengthscale**3, kernel / variance])


PROBLEM = Problem(
    name="rbf",
    summary="RBF kernel of one pair of points in d dimensions; gradient in (lengthscale, variance)",
    size_name="d",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "standard": Formulation(
            ("lengthscale", "variance"),
            sizes=(1, 100, 10_000),
            # A difference, a square and a sum for each dimension; the rest does not grow with d.
            operations=lambda size: Operations(value=3 * size + 5, derivative=3 * size + 8),
            positive=frozenset({"lengthscale", "variance"}),
        ),
    },
)
