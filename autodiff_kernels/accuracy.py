"""When a result counts as right: the error that is measured and the tolerance it must keep, in one place."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.cases import Case


def relative_error(result: np.ndarray, expected: np.ndarray) -> float:
    """The largest error of any parameter's column, relative to the largest entry of that column.

    `result` and `expected` have one shape (…, p). Each column has its own scale, so that a small derivative
    is not hidden behind a large one. NaN and infinity give infinity, so they pass no tolerance.
    """
    columns = expected.reshape(-1, expected.shape[-1] if expected.ndim else 1)
    difference = np.abs(result.reshape(columns.shape).astype(np.float64) - columns).max(axis=0)
    scale = np.abs(columns).max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = float(np.max(np.where(difference == 0, 0.0, difference / scale)))
    return error if np.isfinite(error) else float("inf")


def tolerance(case: Case) -> float:
    """The relative error that a program of `case` may have."""
    double = case.dtype == "float64"
    if case.mode == "finite_difference":
        # A central difference keeps epsilon^(2/3) at best: 4e-11 and 2e-5, times how hard the function bends.
        # The log-density is a difference of terms of size n, whose rounding the step divides.
        if case.problem == "mvn":
            return 1e-6 if double else 5e-2
        return 1e-8 if double else 1e-3
    if case.problem == "mvn" and not double:
        # Solving with a covariance of condition 1e4 loses four of the seven digits; two general solves lose more.
        return 5e-3 if case.formulation == "textbook" else 1e-3
    return 1e-9 if double else 1e-5
