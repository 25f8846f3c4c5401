"""ARD log-density log N(r; 0, K + noise·I), by one Cholesky factor."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd.scipy.linalg import solve_triangular

from autodiff_kernels.backends.autograd.lapack import inverted
from autodiff_kernels.backends.base import Model


def _kernel_matrix(lengthscales: np.ndarray, x: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """K, with the distances by one matrix product: ‖a - b‖² = ‖a‖² + ‖b‖² - 2 aᵀb."""
    scaled = (x - np.mean(x, axis=0)) / lengthscales
    squares = anp.sum(scaled**2, axis=1)
    return variance * anp.exp(anp.dot(scaled, scaled.T) - 0.5 * (squares[:, None] + squares))


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(
        lengthscales: np.ndarray, x: np.ndarray, residual: np.ndarray, variance: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        noisy_covariance = _kernel_matrix(lengthscales, x, variance) + noise * np.eye(len(x))
        factor = anp.linalg.cholesky(noisy_covariance)
        whitened = solve_triangular(factor, residual, lower=True)
        # autograd differentiates a diagonal along the last two axes only.
        diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
        normalisation = -0.5 * len(x) * np.log(2 * np.pi)
        return normalisation - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)

    def explicit(
        lengthscales: np.ndarray, x: np.ndarray, residual: np.ndarray, variance: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        kernel_matrix = _kernel_matrix(lengthscales, x, variance)
        noisy_covariance = kernel_matrix.copy()
        noisy_covariance.flat[:: len(x) + 1] += noise
        inverse, alpha, _ = inverted(noisy_covariance, residual)
        weights = np.outer(alpha, alpha)
        weights -= inverse
        weights *= kernel_matrix
        below = np.tril(weights, -1)
        # Σᵢⱼ w[i, j] (x[i, k] - x[j, k])² = Σᵢ (row and column sums of w)[i] x[i, k]² - 2 Σᵢ x[i, k] (w x)[i, k]
        centred = x - np.mean(x, axis=0)
        sums = below.sum(axis=0) + below.sum(axis=1)
        return (sums @ centred**2 - 2 * np.sum(centred * (below @ centred), axis=0)) / lengthscales**3

    return Model(objective, explicit)
