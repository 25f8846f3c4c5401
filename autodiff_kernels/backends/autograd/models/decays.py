"""Sums of exponential decays y = Σ exp(-rate t)."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(rates: np.ndarray, t: np.ndarray) -> np.ndarray:
        return anp.sum(anp.exp(-t[:, None] * rates), axis=1)

    def explicit(rates: np.ndarray, t: np.ndarray) -> np.ndarray:
        negative = -t[:, None]
        jacobian = negative * rates
        np.exp(jacobian, out=jacobian)
        jacobian *= negative
        return jacobian

    return Model(objective, explicit)
