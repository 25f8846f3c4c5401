"""log N(x; mu, K + noise·I) by one Cholesky factor, or with determinant and general solves as in a textbook."""

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

#: Numbers of a matrix that are made at once, so that what lies between x and them stays in the cache; rows at least.
STRIP, SMALLEST_STRIP = 32_000, 16


def model(formulation: str) -> Model:
    """The objective and its derivative by hand."""
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


def _with_noise(covariance: np.ndarray, noise: np.ndarray) -> np.ndarray:
    return covariance + noise * np.eye(len(covariance))


def _log_density(covariance_of: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        factor = anp.linalg.cholesky(_with_noise(covariance_of(parameters, x), noise))
        whitened = solve_triangular(factor, x - mu, lower=True)
        # autograd has the derivative of a diagonal along the last two axes only.
        diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
        return _normalisation(x.size) - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)

    return objective


def _derivatives(
    parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The derivatives in the parameters and in the noise, and what the value is made of besides.

    That is rᵀ S⁻¹ r and the diagonal of the factor. In the n³ operations of two routines; only the lower triangle of a
    symmetric matrix is made and read, in one n × n array from S to its inverse.
    """
    lengthscale, variance = parameters
    scale = -0.5 / lengthscale**2

    def strip(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        distances = np.subtract(x[rows, None], x[: rows.stop])
        np.square(distances, out=distances)
        correlation = np.multiply(scale, distances)
        return distances, np.exp(correlation, out=correlation)

    matrix = np.empty((x.size, x.size))
    strips = _strips(x.size)
    for rows in strips:
        distances, correlation = strip(rows)
        np.multiply(variance, correlation, out=matrix[rows, : rows.stop])
    matrix.flat[:: x.size + 1] += noise
    residual = x - mu
    inverse, alpha, diagonal = inverted(matrix, residual)
    # Weights are first K / variance, which is one on its diagonal, and then D times that, which is zero there.
    trace = inverse.trace()
    in_variance, in_lengthscale = 0.5 * trace, 0.0
    for rows in reversed(strips):  # the last is still at hand
        if rows is not strips[-1]:
            distances, correlation = strip(rows)
        # np.vdot copies what is not in one piece; here that is once for two sums.
        of_inverse = np.ascontiguousarray(inverse[rows, : rows.stop])
        in_variance += _weighted(correlation, of_inverse, alpha, rows)
        correlation *= distances
        in_lengthscale += _weighted(correlation, of_inverse, alpha, rows)
    in_noise = 0.5 * (alpha @ alpha - trace)
    gradient = np.array([in_lengthscale * variance / lengthscale**3, in_variance])
    return gradient, in_noise, residual @ alpha, diagonal


def _weighted(weights: np.ndarray, of_inverse: np.ndarray, alpha: np.ndarray, rows: slice) -> float:
    """½ αᵀ W α - ½ tr(S⁻¹ W) of symmetric weights W, by some rows of the lower triangle, which is all of S⁻¹ there is.

    The diagonal of S⁻¹ W is subtracted whole: where it is not zero, half of it is to be added.
    """
    own = alpha[rows]
    summed = 0.5 * (own @ (weights[:, rows] @ own)) - np.vdot(of_inverse, weights)
    if rows.start:
        summed += own @ (weights[:, : rows.start] @ alpha[: rows.start])
    return summed


def _strips(size: int) -> list[slice]:
    """Rows of a matrix that are made at once."""
    height = max(SMALLEST_STRIP, STRIP // size)
    return [slice(start, min(start + height, size)) for start in range(0, size, height)]


def value_and_gradient(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log-density and its derivatives in lengthscale, variance and noise."""
    gradient, in_noise, quadratic, diagonal = _derivatives(parameters, x, mu, noise)
    value = _normalisation(x.size) - np.log(diagonal).sum() - 0.5 * quadratic
    return np.array([value, *gradient, in_noise])


# The value comes with the gradient, since what both need is most of what they cost.
_with_derivatives = primitive(value_and_gradient)


def _rule(which: slice | int, result: np.ndarray, *arguments: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    derivatives = result[which]

    def pull_back(cotangent: np.ndarray) -> np.ndarray:
        if np.any(cotangent[1:]):
            raise NotImplementedError("the rule of the log-density has no second derivatives")
        return cotangent[0] * derivatives

    return pull_back


defvjp(_with_derivatives, partial(_rule, slice(1, 3)), partial(_rule, 3), argnums=[0, 3])


def _log_density_with_rule(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log-density, whose derivatives in the parameters and the noise are those by hand."""
    if isbox(parameters) or isbox(noise):
        return _with_derivatives(parameters, x, mu, noise)[0]
    return _log_density(rbf_matrix)(parameters, x, mu, noise)


def _textbook_objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    covariance = _with_noise(rbf_matrix(parameters, x), noise)
    whitened = anp.linalg.solve(anp.linalg.cholesky(covariance), x - mu)
    return _normalisation(x.size) - 0.5 * anp.log(anp.linalg.det(covariance)) - 0.5 * anp.dot(whitened, whitened)


def _textbook_explicit(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
    lengthscale, variance = parameters
    signal = rbf_matrix(parameters, x)
    factor = np.linalg.cholesky(_with_noise(signal, noise))
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, x - mu))

    def component(slope: np.ndarray) -> np.ndarray:
        trace = np.trace(np.linalg.solve(factor.T, np.linalg.solve(factor, slope)))
        return 0.5 * (alpha @ slope @ alpha - trace)

    return np.array([component(signal * squared_distances(x) / lengthscale**3), component(signal / variance)])
