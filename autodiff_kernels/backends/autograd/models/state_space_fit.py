"""State-space fit: -log N(y; 0, K + noise·I) in log lengthscale, log variance and log noise, by `state_space`."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.autograd.models import state_space
from autodiff_kernels.backends.base import Model
from autodiff_kernels.markov import MATERN


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_density = state_space.model(formulation).objective

    def objective(logarithms: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -log_density(anp.exp(logarithms), t, y)

    def explicit(logarithms: np.ndarray, t: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logarithms)
        value, gradient = state_space.value_and_gradient(MATERN[0], parameters, t, y)
        return -value, -gradient * parameters

    return Model(objective, explicit)
