"""Timeline: t·mu/sigma, t·Phi(mu/sigma) or (t/lambda)^rho."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd.extend import defjvp, defvjp, primitive
from autograd.scipy.stats import norm
from scipy.special import ndtr

from autodiff_kernels.backends.base import Model


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


#: Phi with custom rules for both modes; autograd's norm.cdf has no rule for forward mode.
normal_cdf = primitive(lambda z: ndtr(z))
defjvp(normal_cdf, lambda tangent, value, z: tangent * _density(z))
defvjp(normal_cdf, lambda value, z: lambda cotangent: cotangent * _density(z))


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def jacobian(curve: np.ndarray, *slopes: np.ndarray) -> np.ndarray:
        """Columns curve · slope, each written in place instead of copied."""
        columns = np.empty((curve.size, len(slopes)))
        for column, slope in zip(columns.T, slopes, strict=True):
            np.multiply(curve, slope, out=column)
        return columns

    def linear(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return t * (mu / sigma)

    def linear_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return jacobian(t, 1 / sigma, -mu / sigma**2)

    def cdf(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return t * norm.cdf(mu / sigma)

    def cdf_with_rule(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return t * normal_cdf(mu / sigma)

    def cdf_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        density = _density(mu / sigma)
        return jacobian(t, density / sigma, -density * mu / sigma**2)

    def weibull(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        lambda_, rho = parameters
        return anp.exp(rho * anp.log(t / lambda_))  # a power takes longer than exp and log together

    def weibull_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        lambda_, rho = parameters
        logarithm = np.log(t / lambda_)
        return jacobian(np.exp(rho * logarithm), -rho / lambda_, logarithm)

    models = {"cdf": Model(cdf, cdf_explicit, custom_rule=cdf_with_rule), "weibull": Model(weibull, weibull_explicit)}
    return models.get(formulation, Model(linear, linear_explicit))
