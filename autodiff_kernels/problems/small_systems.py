"""Many small log-densities: B multivariate normals of k = 2, 4 or 8 dimensions, each with a lengthscale of its own.

f = Σ log N(r[b]; 0, S[b]),   S[b] = K[b] + noise·I,   K[b][i, j] = exp(-½ (x[b, i] - x[b, j])² / lengthscale[b]²)

∂f/∂lengthscale[b] = ½ αᵀ K′ α - ½ tr(S⁻¹ K′),   α = S⁻¹ r,   K′ = K ∘ D / lengthscale³

D are the squared distances. One system is solved in less time than a call of a function in Python takes.

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eq. 5.9.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from autodiff_kernels.conditioning import too_close_to_singular
from autodiff_kernels.problems.base import BY_CHOLESKY, Formulation, Inputs, Operations, Problem

NOISE = 0.1


def inputs(size: int, seed: int = 0, *, k: int = 2) -> Inputs:
    """`size` systems of k points uniform in [0, 1), with lengthscales uniform in [0.2, 0.8)."""
    generator = np.random.default_rng(seed)
    return Inputs(
        generator.uniform(0.2, 0.8, size),
        {
            "x": generator.random((size, k)),
            "residual": generator.standard_normal((size, k)),
            "noise": np.array(NOISE),
        },
    )


def _correlation(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """K and D: shape (B, k, k) each."""
    x = inputs.data["x"]
    distances = (x[:, :, None] - x[:, None, :]) ** 2
    return np.exp(-0.5 * distances / inputs.parameters[:, None, None] ** 2), distances


def _eigen(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (B, k) and eigenvectors (B, k, k) of S. No backend uses this method."""
    correlation, _ = _correlation(inputs)
    return np.linalg.eigh(correlation + inputs.data["noise"] * np.eye(correlation.shape[-1]))


def _rotated(inputs: Inputs, eigenvectors: np.ndarray) -> np.ndarray:
    return np.einsum("bij,bi->bj", eigenvectors, inputs.data["residual"])


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The sum of the log-densities: shape ()."""
    eigenvalues, eigenvectors = _eigen(inputs)
    return -0.5 * np.sum(np.log(2 * np.pi * eigenvalues) + _rotated(inputs, eigenvectors) ** 2 / eigenvalues)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in all lengthscales: shape (B,)."""
    eigenvalues, eigenvectors = _eigen(inputs)
    correlation, distances = _correlation(inputs)
    slopes = correlation * distances / inputs.parameters[:, None, None] ** 3
    alpha = np.einsum("bij,bj->bi", eigenvectors, _rotated(inputs, eigenvectors) / eigenvalues)
    traces = np.einsum("bij,bik,bkj,bj->b", eigenvectors, slopes, eigenvectors, 1 / eigenvalues, optimize=True)
    return 0.5 * (np.einsum("bi,bij,bj->b", alpha, slopes, alpha, optimize=True) - traces)


def ill_conditioned(inputs: Inputs, epsilon: float, tolerance: float) -> str | None:
    """Why no program can meet the tolerance, or None, from the system that is closest to singular."""
    eigenvalues, _ = _eigen(inputs)
    worst = np.argmax(eigenvalues[:, -1] / np.maximum(eigenvalues[:, 0], 1e-300))
    extremes = float(eigenvalues[worst, 0]), float(eigenvalues[worst, -1])
    return too_close_to_singular(extremes, eigenvalues.shape[-1], float(inputs.data["noise"]), epsilon, tolerance)


def _operations(k: int) -> Callable[[int], Operations]:
    """For each system: a factor, a solve, and some five operations for each entry; the inverse takes k³."""
    value = k**3 / 3 + k**2 + 5 * k**2
    return lambda size: Operations(value=size * value, derivative=size * (value + k**3 + 6 * k**2))


def _of(k: int) -> Formulation:
    return Formulation(
        ("lengthscale",),
        sizes=(10, 100, 10_000, 100_000),
        operations=_operations(k),
        inputs=partial(inputs, k=k),
        largest_array=lambda size: size * k**2,
        positive=frozenset({"lengthscale", "noise"}),
        parameters_of_size=lambda size: size,
        blocks=lambda size: (size,),
        float32_tolerance=1e-4,
        # One lengthscale changes one of the terms.
        terms_of_difference=lambda size: size,
        refusals=BY_CHOLESKY,
    )


PROBLEM = Problem(
    name="small_systems",
    summary="B multivariate normal log-densities of k dimensions; gradient in a lengthscale for each",
    size_name="B",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={"k2": _of(2), "k4": _of(4), "k8": _of(8)},
    ill_conditioned=ill_conditioned,
)
