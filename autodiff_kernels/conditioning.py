"""Whether a covariance matrix is too close to singular for a Cholesky factor at the working precision."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def too_close_to_singular(
    extremes: tuple[float, float], points: int, noise: float, epsilon: float, tolerance: float
) -> str | None:
    """The reason, or None if programs can meet the tolerance.

    `extremes` are the smallest and the largest eigenvalue of the covariance of `points` points with `noise` on its
    diagonal, `epsilon` is the distance of 1 to the next number of the dtype.
    """
    smallest, largest = extremes
    # The relative error of a solve is at most about epsilon times the condition number, and usually smaller.
    if epsilon * largest < 3 * tolerance * smallest:
        return None
    advice = f"noise = {noise:g}: increase it"
    if smallest <= epsilon * largest:
        return (
            f"the covariance of these {points} points is singular to working precision, so its factor and every "
            f"gradient are NaN or meaningless: eigenvalues {smallest:.1e} to {largest:.1e}, epsilon {epsilon:.1e}; "
            f"{advice}"
        )
    return (
        f"the covariance of these {points} points is too close to singular for the tolerance {tolerance:.0e}: "
        f"condition number {largest / smallest:.1e}, epsilon {epsilon:.1e}; {advice}"
    )


def magnitudes(slopes: Iterable[np.ndarray], alpha: np.ndarray, smallest: float) -> np.ndarray:
    """How much an error of S⁻¹ and of α = S⁻¹ r, relative to their norms, changes αᵀ ∂S α - tr(S⁻¹ ∂S), for each ∂S.

    The terms of both sums may be far smaller than the entries of S⁻¹, whose errors they take over. `smallest` is the
    smallest eigenvalue of S; the errors of the entries are taken to be independent of each other.
    """
    length = float(np.linalg.norm(alpha))
    return np.array([np.linalg.norm(slope) / smallest + 2 * np.linalg.norm(slope @ alpha) * length for slope in slopes])
