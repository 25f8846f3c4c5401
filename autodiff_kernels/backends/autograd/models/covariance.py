"""RBF matrix K = variance · exp(-½ D / lengthscale²), full or contracted with a cotangent."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd.differential_operators import checkpoint

from autodiff_kernels.backends.autograd.matrices import rbf_matrix, squared_distances
from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def full_explicit(parameters: np.ndarray, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        distances = squared_distances(x)
        jacobian = np.empty((*distances.shape, 2))
        correlation = np.exp(-0.5 / lengthscale**2 * distances)
        np.multiply(correlation, distances, out=jacobian[..., 0])
        jacobian[..., 0] *= variance / lengthscale**3
        jacobian[..., 1] = correlation
        return jacobian

    def contracted_explicit(parameters: np.ndarray, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        distances = squared_distances(x)
        weighted = np.exp(-0.5 / lengthscale**2 * distances)
        weighted *= cotangent
        return np.array([np.vdot(weighted, distances) * variance / lengthscale**3, weighted.sum()])

    if formulation == "full":
        return Model(lambda parameters, x, cotangent: rbf_matrix(parameters, x), full_explicit)
    recomputed = checkpoint(rbf_matrix)
    return Model(
        objective=lambda parameters, x, cotangent: anp.sum(cotangent * rbf_matrix(parameters, x)),
        explicit=contracted_explicit,
        checkpointed=lambda parameters, x, cotangent: anp.sum(cotangent * recomputed(parameters, x)),
    )
