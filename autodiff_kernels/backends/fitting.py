"""The whole fit: the parameters that minimise an objective, by SciPy's L-BFGS with the gradient of a mode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize

#: Where it stops: a step that improves the objective by less than this part of it, and a gradient below this.
OPTIONS = {"ftol": 1e-12, "gtol": 1e-6}


def minimise(value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """The minimum near `start`, shape (p,), in float64. Raises ArithmeticError where the fit does not converge."""
    found = scipy.optimize.minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=OPTIONS)
    if not found.success:
        raise ArithmeticError(f"the fit does not converge: {found.message}")
    return np.asarray(found.x)
