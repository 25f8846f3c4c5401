"""The relative error of a result, and the tolerance for each case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autodiff_kernels.cases import Case


def relative_errors(result: np.ndarray, expected: np.ndarray, blocks: Sequence[int] = ()) -> np.ndarray:
    """The error of each entry, relative to the largest entry of its column.

    `result`, `expected` and the return value have the same shape (…, p). Each column has its own scale, so a large
    derivative cannot hide the error of a small one; `blocks` are numbers of columns that share one. NaN and infinity
    become infinity and fail every tolerance.
    """
    difference = np.abs(result.astype(np.float64) - expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(difference == 0, 0.0, difference / scales(expected, blocks))
    return np.where(np.isfinite(errors), errors, np.inf)


def scales(expected: np.ndarray, blocks: Sequence[int] = ()) -> np.ndarray:
    """The largest entry of each column of a derivative, of shape (…, p): shape (p,), or () for a number.

    Columns of one block, of which `blocks` are the sizes, have the largest of theirs.
    """
    scale: np.ndarray = np.abs(expected).reshape(-1, *expected.shape[-1:]).max(axis=0)
    if scale.ndim and blocks:
        starts = np.cumsum([0, *blocks[:-1]])
        scale = np.repeat(np.maximum.reduceat(scale, starts), blocks)
    return scale


def blocks_of(case: Case) -> Sequence[int]:
    """The numbers of parameters of `case` that share a scale; empty if each has its own."""
    return case.form.blocks(case.size) if case.form.blocks else ()


def tolerance(case: Case) -> float:
    """The largest relative error that a program of `case` may have."""
    double = case.dtype == "float64"
    if case.is_fit:
        # A fit stops when a step improves the objective by less than 1e-12 of its value. The relative error of a
        # parameter is then about 1e-6.
        return 1e-4
    epsilon = float(np.finfo(case.dtype).eps)
    form = case.form
    if case.mode == "finite_difference":
        # The error of a central difference is at best epsilon^(2/3) times a factor that depends on the function.
        # epsilon^(2/3) is 4e-11 in float64 and 2e-5 in float32. Dividing by the step magnifies the rounding error of
        # the terms, which depends on the processor, to epsilon^(2/3) times their number, times such a factor.
        terms = form.terms_of_difference(case.size) if form.terms_of_difference else 0
        return max(10 * epsilon ** (2 / 3) * terms, 1e-8 if double else 1e-3)
    if double:
        return 1e-9
    condition_number = form.condition_number(case.size) if form.condition_number else 0.0
    return max(form.float32_tolerance, 2 * epsilon * condition_number)
