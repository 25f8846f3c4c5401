"""Where a gradient is zero: the oracle of a fit, which shares nothing with the search of the backends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def stationary_point(gradient: Callable[[np.ndarray], np.ndarray], near: np.ndarray) -> np.ndarray:
    """Where a gradient is zero, by Newton's method with its central differences.

    Raises ArithmeticError where it does not get there.
    """
    point, step = np.array(near, dtype=np.float64), 1e-5
    for _ in range(50):
        hessian = np.stack(
            [(gradient(point + h) - gradient(point - h)) / (2 * step) for h in step * np.eye(point.size)], axis=-1
        )
        try:
            change = np.linalg.solve(hessian, gradient(point))
        except np.linalg.LinAlgError as error:
            raise ArithmeticError(f"no stationary point was found near {near}: {error} at {point}") from error
        point -= change
        if np.max(np.abs(change)) < 1e-9:  # its square is left
            return point
    raise ArithmeticError(f"no stationary point was found near {near}: the last step was {change}")
