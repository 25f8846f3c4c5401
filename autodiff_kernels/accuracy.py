"""The relative error of a result, and the tolerance for each case."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.cases import Case
from autodiff_kernels.problems import ard


def relative_errors(result: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The error of each entry, relative to the largest entry of its column.

    `result`, `expected` and the return value have the same shape (…, p). Each column has its own scale, so a large
    derivative cannot hide the error of a small one. NaN and infinity become infinity and fail every tolerance.
    """
    scale = np.abs(expected).reshape(-1, *expected.shape[-1:]).max(axis=0)
    difference = np.abs(result.astype(np.float64) - expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(difference == 0, 0.0, difference / scale)
    return np.where(np.isfinite(errors), errors, np.inf)


def tolerance(case: Case) -> float:
    """The largest relative error that a program of `case` may have."""
    double = case.dtype == "float64"
    if case.definition.fits and case.mode != "value":
        # A fit stops when a step improves the objective by less than 1e-12 of its value. The relative error of a
        # parameter is then about 1e-6.
        return 1e-4
    epsilon = float(np.finfo(case.dtype).eps)
    points = {"mvn": case.size, "ard": ard.POINTS}.get(case.problem)
    if case.mode == "finite_difference":
        # The error of a central difference is at best epsilon^(2/3) times a factor that depends on the function.
        # epsilon^(2/3) is 4e-11 in float64 and 2e-5 in float32.
        terms = points or (case.parameter_count if case.problem == "decays" else 0)
        if terms:
            # The log-density is a difference of terms that grow with n, and one decay is a small part of its sum.
            # Dividing by the step magnifies the rounding error of these terms to epsilon^(2/3) n, times such a
            # factor. The rounding of the last digits depends on the processor.
            return max(10 * epsilon ** (2 / 3) * terms, 1e-8 if double else 1e-3)
        return 1e-8 if double else 1e-3
    if points and not double:
        # A solve loses as many digits as the condition number has, which is below 17 n at the measured inputs. At
        # n = 1000 it loses four of seven digits, slightly more or fewer depending on the BLAS. Two general solves
        # lose more.
        return max(5e-3 if case.formulation == "textbook" else 1e-3, 2 * epsilon * 17 * points)
    return 1e-9 if double else 1e-5
