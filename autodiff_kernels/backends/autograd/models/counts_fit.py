"""Fit of counts: the negative log-likelihood of `counts`."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.backends.autograd.models import counts
from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    log_likelihood = counts.model(formulation).objective

    def explicit(parameters: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        return -float(log_likelihood(parameters, x, y)), -counts.explicit(parameters, x, y)

    return Model(lambda parameters, x, y: -log_likelihood(parameters, x, y), explicit)
