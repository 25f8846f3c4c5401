"""Negative binomial regression with mean exp(X β) and r = exp(log r)."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import gammaln
from scipy.special import digamma

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        predictor, log_r = anp.dot(x, parameters[:-1]), parameters[-1]
        r = anp.exp(log_r)
        log_sum = anp.log(r + anp.exp(predictor))
        gammas = gammaln(y + r) - gammaln(r) - gammaln(y + 1)
        return anp.sum(gammas + r * (log_r - log_sum) + y * (predictor - log_sum))

    return Model(objective, explicit)


def explicit(parameters: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the log-likelihood."""
    mean, log_r = np.exp(x @ parameters[:-1]), parameters[-1]
    r = np.exp(log_r)
    both = r + mean
    residual = (y - mean) / both
    in_r = digamma(y + r).sum() - y.size * (digamma(r) - log_r) - np.log(both).sum() - residual.sum()
    return r * np.append(residual @ x, in_r)
