"""The zero of a gradient: the oracle of a fit, independent of the optimiser of the backends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def stationary_point(gradient: Callable[[np.ndarray], np.ndarray], near: np.ndarray) -> np.ndarray:
    """The zero of `gradient` next to the point `near`, by Newton's method with central differences.

    Raises ArithmeticError if the method does not converge.
    """
    point = np.array(near, dtype=np.float64)
    for _ in range(50):
        try:
            change = np.linalg.solve(hessian(gradient, point), gradient(point))
        except np.linalg.LinAlgError as error:
            raise ArithmeticError(
                f"Newton's method found no stationary point near {near}: {error} at {point}"
            ) from error
        point -= change
        if np.max(np.abs(change)) < 1e-9:  # the remaining error is about the square of the last step
            return point
    raise ArithmeticError(f"Newton's method found no stationary point near {near}: the last step was {change}")


def hessian(gradient: Callable[[np.ndarray], np.ndarray], point: np.ndarray) -> np.ndarray:
    """The derivative of `gradient` at `point`, shape (p, p), by central differences."""
    step = 1e-5
    return np.stack(
        [(gradient(point + h) - gradient(point - h)) / (2 * step) for h in step * np.eye(point.size)], axis=-1
    )
