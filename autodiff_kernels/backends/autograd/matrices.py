"""Matrices that several models share. Formulas and names are those of autodiff_kernels/problems."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np


def squared_distances(x: np.ndarray) -> np.ndarray:
    """D for points on a line, shape (n, n)."""
    return (x[:, None] - x[None, :]) ** 2


def rbf_matrix(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    """K for points on a line, shape (n, n); `parameters` are (lengthscale, variance)."""
    lengthscale, variance = parameters
    return variance * anp.exp(-0.5 / lengthscale**2 * squared_distances(x))
