"""The RBF covariance matrix of points on a line as a series: exact, and fast for thousands of points.

With a = (x - c) / lengthscale and c halfway between the first and the last point,

    exp(-½ (a - b)²) = Σₖ φₖ(a) φₖ(b),   φₖ(a) = exp(-½ a²) aᵏ / √k!

so K = variance Φ Φᵀ, and a few tens of columns of Φ give K to full precision. A singular value decomposition of the
n × r matrix Φ gives the eigenvectors of K. The other n - r eigenvalues of S = K + noise·I equal the noise. No n × n
matrix is allocated, and no backend uses this method.

∂Φ/∂lengthscale = φₖ (a² - k) / lengthscale

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 4.3, and the series of exp(ab).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: The series ends when a term is below this size: further terms would not change the sum.
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
        """The r largest eigenvalues of S, in descending order; the other n - r equal the noise."""
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
        # Φᵀ α and S⁻¹ Φ, without `rest`: the basis spans the columns of Φ.
        projected = self.rotation.T @ (self.scales * weights)
        solved = self.basis @ ((self.scales / self.eigenvalues)[:, None] * self.rotation)
        in_lengthscale = self.variance * (alpha @ self.slope @ projected - np.sum(solved * self.slope))
        in_variance = 0.5 * (projected @ projected - np.sum(self.scales**2 / self.eigenvalues))
        return np.array([in_lengthscale, in_variance])

    def _divided(self, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates of a vector in the basis, and the rest of the vector."""
        rotated = self.basis.T @ residual
        return rotated, residual - self.basis @ rotated


def expanded(x: np.ndarray, lengthscale: float, variance: float, noise: float) -> Expansion | None:
    """The expansion of S at these points, or None if it needs too many columns or S has no noise."""
    scaled = (x - (x.max() + x.min()) / 2) / lengthscale
    furthest = float(np.max(np.abs(scaled)) ** 2)
    columns, term = 1, 1.0
    while term > NEGLIGIBLE and columns <= x.size // 8:
        term *= furthest / columns
        columns += 1
    if term > NEGLIGIBLE or noise <= 0:
        return None
    orders = np.arange(columns)
    # Multiply aᵏ / √k! factor by factor, so that neither the power nor the factorial overflows.
    factors = scaled[:, None] / np.sqrt(np.maximum(orders, 1))
    factors[:, 0] = np.exp(-0.5 * scaled**2)
    features = np.cumprod(factors, axis=1)
    basis, scales, rotation = np.linalg.svd(features, full_matrices=False)
    slope = features * (scaled[:, None] ** 2 - orders) / lengthscale
    return Expansion(float(variance), float(noise), basis, scales, rotation, slope)
