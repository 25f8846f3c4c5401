"""Many small log-densities log N(r; 0, K + noise·I), each with a lengthscale of its own."""

from __future__ import annotations

import math

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    return Model(_objective, _explicit)


def _squared_distances(x: np.ndarray) -> np.ndarray:
    """D of all systems, shape (B, k, k)."""
    return (x[:, :, None] - x[:, None, :]) ** 2


def _objective(lengthscales: np.ndarray, x: np.ndarray, residual: np.ndarray, noise: np.ndarray) -> np.ndarray:
    correlation = anp.exp(-0.5 * _squared_distances(x) / lengthscales[:, None, None] ** 2)
    factor = anp.linalg.cholesky(correlation + noise * np.eye(x.shape[-1]))
    # NumPy has no triangular solve for a batch.
    whitened = anp.linalg.solve(factor, residual[:, :, None])
    # autograd differentiates a diagonal along the last two axes only.
    diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
    return -anp.sum(anp.log(diagonal)) - 0.5 * anp.sum(whitened**2) - 0.5 * math.log(2 * math.pi) * x.size


def _explicit(lengthscales: np.ndarray, x: np.ndarray, residual: np.ndarray, noise: np.ndarray) -> np.ndarray:
    distances = _squared_distances(x)
    correlation = np.exp(distances * (-0.5 / lengthscales**2)[:, None, None])
    inverse = np.linalg.inv(correlation + noise * np.eye(x.shape[-1]))
    alpha = (inverse @ residual[:, :, None])[:, :, 0]
    weights = alpha[:, :, None] * alpha[:, None, :]
    weights -= inverse
    weights *= correlation
    weights *= distances
    return 0.5 * weights.sum(axis=(1, 2)) / lengthscales**3
