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

from autodiff_kernels.backends.autograd.lapack import inverted
from autodiff_kernels.backends.autograd.matrices import rbf_matrix, squared_distances
from autodiff_kernels.backends.base import Model

#: Matrices are computed in strips. A strip has this many entries, so that intermediate arrays fit the cache, but at
#: least this many rows.
STRIP, SMALLEST_STRIP = 32_000, 16


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "textbook":
        return Model(_textbook_objective, _textbook_explicit)
    return Model(
        objective=_log_density(rbf_matrix),
        explicit=lambda *arguments: _derivatives(*arguments)[0],
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


def _derivatives(
    parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The derivatives in the parameters and in the noise, rᵀ S⁻¹ r, and the diagonal of the factor.

    Two routines do the n³ operations. One n × n array holds S and then its inverse; only the lower triangle is written
    and read.
    """
    lengthscale, variance = parameters
    scale = -0.5 / lengthscale**2

    def strip(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        distances = np.subtract(x[rows, None], x[: rows.stop])
        np.square(distances, out=distances)
        correlation = np.multiply(scale, distances)
        return distances, np.exp(correlation, out=correlation)

    noisy_covariance = np.empty((x.size, x.size))
    strips = _strips(x.size)
    for rows in strips:
        distances, correlation = strip(rows)
        np.multiply(variance, correlation, out=noisy_covariance[rows, : rows.stop])
    noisy_covariance.flat[:: x.size + 1] += noise
    residual = x - mu
    inverse, alpha, diagonal = inverted(noisy_covariance, residual)
    # First the weights are K / variance, with ones on the diagonal, then D ∘ K / variance, with zeros on the diagonal.
    trace = inverse.trace()
    in_variance, in_lengthscale = 0.5 * trace, 0.0
    for rows in reversed(strips):  # `distances` and `correlation` still hold the last strip
        if rows is not strips[-1]:
            distances, correlation = strip(rows)
        # np.vdot copies an array that is not contiguous; one copy here serves two sums.
        of_inverse = np.ascontiguousarray(inverse[rows, : rows.stop])
        in_variance += _weighted(correlation, of_inverse, alpha, rows)
        correlation *= distances
        in_lengthscale += _weighted(correlation, of_inverse, alpha, rows)
    in_noise = 0.5 * (alpha @ alpha - trace)
    gradient = np.array([in_lengthscale * variance / lengthscale**3, in_variance])
    return gradient, in_noise, residual @ alpha, diagonal


def _weighted(weights: np.ndarray, of_inverse: np.ndarray, alpha: np.ndarray, rows: slice) -> float:
    """½ αᵀ W α - ½ tr(S⁻¹ W) for symmetric weights W, from some rows of the lower triangle of both matrices.

    The diagonal of S⁻¹ ∘ W is subtracted whole, not halved. If it is not zero, the caller adds half of its sum.
    """
    own = alpha[rows]
    summed = 0.5 * (own @ (weights[:, rows] @ own)) - np.vdot(of_inverse, weights)
    if rows.start:
        summed += own @ (weights[:, : rows.start] @ alpha[: rows.start])
    return summed


def _strips(size: int) -> list[slice]:
    """The rows of each strip."""
    height = max(SMALLEST_STRIP, STRIP // size)
    return [slice(start, min(start + height, size)) for start in range(0, size, height)]


def value_and_gradient(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log-density and its derivatives in lengthscale, variance and noise."""
    gradient, in_noise, quadratic, diagonal = _derivatives(parameters, x, mu, noise)
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
