"""The derivatives of the MVN log-density in NumPy and LAPACK, by strips of rows that fit the cache.

With S = K + noise·I, r = x - mu, α = S⁻¹ r, D the squared distances and W = ½ (α αᵀ - S⁻¹), the derivative in a
parameter θ is tr(W ∂K/∂θ):

    variance:     Σ W ∘ K / variance
    lengthscale:  Σ W ∘ D ∘ K / lengthscale³
    noise:        tr W

The matrices are symmetric, so half of each is enough. `naive_derivatives` writes the formula down as it stands.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.backends.autograd.lapack import inverted

#: A strip has this many entries, so that intermediate arrays fit the cache, but at
#: least this many rows.
STRIP, SMALLEST_STRIP = 32_000, 16


def naive_derivatives(
    parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, float]:
    """The derivatives in (lengthscale, variance), shape (2,), and in the noise, with whole matrices."""
    distances = (x[:, None] - x) ** 2
    correlation = np.exp(-0.5 / parameters[0] ** 2 * distances)
    inverse = np.linalg.inv(parameters[1] * correlation + noise * np.eye(x.size))
    weights = 0.5 * (np.outer(inverse @ (x - mu), inverse @ (x - mu)) - inverse)
    in_lengthscale = np.sum(weights * distances * correlation) * parameters[1] / parameters[0] ** 3
    return np.array([in_lengthscale, np.sum(weights * correlation)]), float(np.trace(weights))


def derivatives(
    parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The derivatives in (lengthscale, variance) and in the noise, rᵀ S⁻¹ r, and the diagonal of the factor.

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
