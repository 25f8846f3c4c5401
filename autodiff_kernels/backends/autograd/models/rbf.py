"""RBF kernel k = variance · exp(-½ ‖x1 - x2‖² / lengthscale²)."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        return variance * anp.exp(-0.5 * anp.sum((x1 - x2) ** 2) / lengthscale**2)

    def explicit(parameters: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        difference = x1 - x2
        scaled = difference @ difference / lengthscale**2
        correlation = np.exp(-0.5 * scaled)
        return np.array([variance * correlation * scaled / lengthscale, correlation])

    return Model(objective, explicit)
