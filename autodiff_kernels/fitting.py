"""The whole fit: the parameters that minimise an objective, by SciPy's L-BFGS with the gradient of a mode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Where it stops: a step that improves the objective by less than this part of it, and a gradient below this.
OPTIONS = {"ftol": 1e-12, "gtol": 1e-6}


def minimise(value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """The minimum near `start`, shape (p,), in float64. Raises ArithmeticError where the fit does not converge."""
    # Where a cell is skipped nothing is imported that takes long.
    import scipy.optimize

    found = scipy.optimize.minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=OPTIONS)
    if not found.success:
        raise ArithmeticError(f"the fit does not converge: {found.message}")
    return np.asarray(found.x)


def stationary_point(gradient: Callable[[np.ndarray], np.ndarray], near: np.ndarray) -> np.ndarray:
    """Where a gradient is zero, by Newton's method with its central differences: the oracle of a fit.

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
