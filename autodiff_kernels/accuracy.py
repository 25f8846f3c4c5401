"""When a result counts as right: the error that is measured and the tolerance it must keep, in one place."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.cases import Case


def relative_errors(result: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The error of each entry, relative to the largest entry of its parameter's column.

    `result` and `expected` have one shape (…, p), and so has what is returned. Each column has its own scale, so that
    a small derivative is not hidden behind a large one. NaN and infinity give infinity, so they pass no tolerance.
    """
    scale = np.abs(expected).reshape(-1, *expected.shape[-1:]).max(axis=0)
    difference = np.abs(result.astype(np.float64) - expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(difference == 0, 0.0, difference / scale)
    return np.where(np.isfinite(errors), errors, np.inf)


def tolerance(case: Case) -> float:
    """The relative error that a program of `case` may have."""
    double = case.dtype == "float64"
    if case.mode == "finite_difference":
        # A central difference keeps epsilon^(2/3) at best: 4e-11 and 2e-5, times how hard the function bends.
        if case.problem == "mvn":
            # The log-density is a difference of terms of size n, whose rounding the step divides: epsilon^(2/3) n,
            # times how hard it bends. Which digits are rounded away depends on the processor.
            return float(10 * np.finfo(case.dtype).eps ** (2 / 3) * case.size)
        return 1e-8 if double else 1e-3
    if case.problem == "mvn" and not double:
        # Solving with a covariance of condition 1e4 loses four of the seven digits; two general solves lose more.
        return 5e-3 if case.formulation == "textbook" else 1e-3
    return 1e-9 if double else 1e-5
