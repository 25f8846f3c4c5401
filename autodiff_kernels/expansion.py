"""The RBF covariance of points on a line by its expansion: what thousands of points need, exact and in no time.

With a = (x - c) / lengthscale and c in the middle of the points,

    exp(-½ (a - b)²) = Σₖ φₖ(a) φₖ(b),   φₖ(a) = exp(-½ a²) aᵏ / √k!

so K = variance Φ Φᵀ, and some tens of columns have every digit of it. Its eigenvectors are those of Φ Φᵀ, which a
singular value decomposition of n rows and r columns gives, and n - r eigenvalues of S = K + noise·I are the noise. No
n × n matrix is made, and none of this is the road of a backend.

∂Φ/∂lengthscale = φₖ (a² - k) / lengthscale

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 4.3, and the series of exp(ab).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: A term of the series that counts no more, whatever it is added to.
NEGLIGIBLE = 1e-20


@dataclass(frozen=True)
class Expansion:
    """S of n points: Φ = `basis` · diag(`scales`) · `rotation`, and ∂Φ/∂lengthscale."""

    variance: float
    noise: float
    basis: np.ndarray
    scales: np.ndarray
    rotation: np.ndarray
    slope: np.ndarray

    @property
    def eigenvalues(self) -> np.ndarray:
        """Of S, largest first; the n - r that are not among them are the noise."""
        return self.noise + self.variance * self.scales**2

    def log_density(self, residual: np.ndarray) -> float:
        """log N(residual; 0, S)."""
        rotated, rest = self._divided(residual)
        others = residual.size - self.scales.size
        logarithms = np.sum(np.log(self.eigenvalues)) + others * math.log(self.noise)
        quadratic = np.sum(rotated**2 / self.eigenvalues) + rest @ rest / self.noise
        return -0.5 * float(residual.size * math.log(2 * math.pi) + logarithms + quadratic)

    def gradient(self, residual: np.ndarray) -> np.ndarray:
        """∂ log N / ∂(lengthscale, variance): shape (2,)."""
        rotated, rest = self._divided(residual)
        weights = rotated / self.eigenvalues
        alpha = self.basis @ weights + rest / self.noise
        # Φᵀ α and S⁻¹ Φ: what is outside of the basis is no part of Φ.
        projected = self.rotation.T @ (self.scales * weights)
        solved = self.basis @ ((self.scales / self.eigenvalues)[:, None] * self.rotation)
        in_lengthscale = self.variance * (alpha @ self.slope @ projected - np.sum(solved * self.slope))
        in_variance = 0.5 * (projected @ projected - np.sum(self.scales**2 / self.eigenvalues))
        return np.array([in_lengthscale, in_variance])

    def _divided(self, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A vector's coordinates in the basis, and what is outside of it."""
        rotated = self.basis.T @ residual
        return rotated, residual - self.basis @ rotated


def expanded(x: np.ndarray, lengthscale: float, variance: float, noise: float) -> Expansion | None:
    """The expansion of S at these points, or None where it would take too many columns, or S has no noise."""
    scaled = (x - (x.max() + x.min()) / 2) / lengthscale
    furthest = float(np.max(np.abs(scaled)) ** 2)
    columns, term = 1, 1.0
    while term > NEGLIGIBLE and columns <= x.size // 8:
        term *= furthest / columns
        columns += 1
    if term > NEGLIGIBLE or noise <= 0:
        return None
    orders = np.arange(columns)
    # aᵏ / √k! one factor after the other: neither the power nor the factorial leaves the range that way.
    factors = scaled[:, None] / np.sqrt(np.maximum(orders, 1))
    factors[:, 0] = np.exp(-0.5 * scaled**2)
    features = np.cumprod(factors, axis=1)
    basis, scales, rotation = np.linalg.svd(features, full_matrices=False)
    slope = features * (scaled[:, None] ** 2 - orders) / lengthscale
    return Expansion(float(variance), float(noise), basis, scales, rotation, slope)
