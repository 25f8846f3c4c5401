"""MVN log-density log N(x; mu, K + noise·I), by one Cholesky factor or by the textbook formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import autograd.numpy as anp
import numpy as np
from autograd.differential_operators import checkpoint
from autograd.extend import defvjp, primitive
from autograd.scipy.linalg import solve_triangular
from autograd.tracer import isbox

from autodiff_kernels.backends.autograd.matrices import rbf_matrix, squared_distances
from autodiff_kernels.backends.autograd.mvn_in_strips import derivatives
from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "textbook":
        return Model(_textbook_objective, _textbook_explicit)
    return Model(
        objective=_log_density(rbf_matrix),
        explicit=lambda *arguments: derivatives(*arguments)[0],
        custom_rule=_log_density_with_rule,
        checkpointed=_log_density(checkpoint(rbf_matrix)),
    )


def _normalisation(size: int) -> float:
    return -0.5 * size * np.log(2 * np.pi)


def _noisy_covariance(kernel_matrix: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """S, shape (n, n)."""
    return kernel_matrix + noise * np.eye(len(kernel_matrix))


def _log_density(kernel_matrix: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        factor = anp.linalg.cholesky(_noisy_covariance(kernel_matrix(parameters, x), noise))
        whitened = solve_triangular(factor, x - mu, lower=True)
        # autograd differentiates a diagonal along the last two axes only.
        diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
        return _normalisation(x.size) - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)

    return objective


def value_and_gradient(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log-density and its derivatives in lengthscale, variance and noise."""
    gradient, in_noise, quadratic, diagonal = derivatives(parameters, x, mu, noise)
    value = _normalisation(x.size) - np.log(diagonal).sum() - 0.5 * quadratic
    return np.array([value, *gradient, in_noise])


# The rule computes the value together with the gradient, since they share most of their work.
_with_derivatives = primitive(value_and_gradient)


def _rule(which: slice | int, result: np.ndarray, *arguments: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    derivatives = result[which]

    def pull_back(cotangent: np.ndarray) -> np.ndarray:
        if np.any(cotangent[1:]):
            raise NotImplementedError("the custom rule of the log-density has no second derivatives")
        return cotangent[0] * derivatives

    return pull_back


defvjp(_with_derivatives, partial(_rule, slice(1, 3)), partial(_rule, 3), argnums=[0, 3])


def _log_density_with_rule(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log-density with explicit derivatives in the parameters and the noise."""
    if isbox(parameters) or isbox(noise):
        return _with_derivatives(parameters, x, mu, noise)[0]
    return _log_density(rbf_matrix)(parameters, x, mu, noise)


def _textbook_objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    noisy_covariance = _noisy_covariance(rbf_matrix(parameters, x), noise)
    whitened = anp.linalg.solve(anp.linalg.cholesky(noisy_covariance), x - mu)
    log_determinant = anp.log(anp.linalg.det(noisy_covariance))
    return _normalisation(x.size) - 0.5 * log_determinant - 0.5 * anp.dot(whitened, whitened)


def _textbook_explicit(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    lengthscale, variance = parameters
    kernel_matrix = rbf_matrix(parameters, x)
    factor = np.linalg.cholesky(_noisy_covariance(kernel_matrix, noise))
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, x - mu))

    def component(slope: np.ndarray) -> np.ndarray:
        trace = np.trace(np.linalg.solve(factor.T, np.linalg.solve(factor, slope)))
        return 0.5 * (alpha @ slope @ alpha - trace)

    in_lengthscale = component(kernel_matrix * squared_distances(x) / lengthscale**3)
    return np.array([in_lengthscale, component(kernel_matrix / variance)])
