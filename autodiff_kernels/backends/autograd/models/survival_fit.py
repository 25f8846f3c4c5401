"""Survival fit, a Weibull regression: Σ exp(z) - Σ died · (log ρ - log t + z), z = ρ (log t - level - slope · a)."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: np.ndarray, t: np.ndarray, died: np.ndarray, a: np.ndarray) -> np.ndarray:
        level, slope, log_rho = parameters
        z = anp.exp(log_rho) * (np.log(t) - level - slope * a)
        return anp.sum(anp.exp(z)) - anp.sum(died * (log_rho - np.log(t) + z))

    def explicit(parameters: np.ndarray, t: np.ndarray, died: np.ndarray, a: np.ndarray) -> tuple[float, np.ndarray]:
        level, slope, log_rho = parameters
        log_t, rho = np.log(t), np.exp(log_rho)
        z = rho * (log_t - level - slope * a)
        hazard = np.exp(z)
        weights = hazard - died
        value = hazard.sum() - died @ (log_rho - log_t + z)
        return value, np.array([-rho * weights.sum(), -rho * (weights @ a), weights @ z - died.sum()])

    return Model(objective, explicit)
