"""The whole fit: SciPy's L-BFGS minimises an objective with the gradient of a mode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize

from autodiff_kernels.fits import OPTIONS


def minimise(value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """The minimum near `start`, shape (p,), in float64. Raises ArithmeticError if the fit does not converge."""
    found = scipy.optimize.minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=OPTIONS)
    if not found.success:
        raise ArithmeticError(f"the fit does not converge: {found.message.strip(': ')}")
    return np.asarray(found.x)
