"""Whether a covariance matrix is too close to singular for a Cholesky factor at the working precision."""

from __future__ import annotations


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
