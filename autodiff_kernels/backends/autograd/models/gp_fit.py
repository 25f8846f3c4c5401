"""Gaussian process fit: -log N(y; 0, K + noise·I) in log lengthscale, log variance and log noise, by `mvn`."""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.autograd.models import mvn
from autodiff_kernels.backends.base import Model


def _of(log_density: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def objective(logarithms: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
        parameters = anp.exp(logarithms)
        return -log_density(parameters[:2], t, t - y, parameters[2])

    return objective


def _value_and_gradient(logarithms: np.ndarray, t: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    parameters = np.exp(logarithms)
    value, *gradient = mvn.value_and_gradient(parameters[:2], t, t - y, parameters[2])
    return -value, -np.array(gradient) * parameters


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_density = mvn.model("cholesky")
    assert log_density.custom_rule is not None
    return Model(_of(log_density.objective), _value_and_gradient, custom_rule=_of(log_density.custom_rule))
