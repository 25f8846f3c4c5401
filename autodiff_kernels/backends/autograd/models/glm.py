"""Logistic regression ℓ = Σ y η - log(1 + exp(η)), η = X β."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from scipy.special import expit

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(beta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        predictor = anp.dot(x, beta)
        return anp.sum(y * predictor - anp.logaddexp(0.0, predictor))

    def explicit(beta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (y - expit(x @ beta)) @ x

    return Model(objective, explicit)
