"""Inverse and solution of a positive definite system by LAPACK, in the place of the matrix."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs


def inverted(matrix: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inverse of a positive definite matrix, its solution for `residual`, and the diagonal of its Cholesky factor.

    Of `matrix`, shape (n, n) in float64 and in C's order, the lower triangle is read, and overwritten by that of the
    inverse; above it is zero afterwards. Raises LinAlgError where it is not positive definite.
    """
    # The lower triangle of rows is the upper one of LAPACK's columns.
    factor, failed = dpotrf(matrix.T, lower=0, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError(f"the first {failed} rows and columns are not positive definite")
    solution, _ = dpotrs(factor, residual, lower=0)
    diagonal = factor.diagonal().copy()
    inverse, _ = dpotri(factor, lower=0, overwrite_c=1)
    return inverse.T, solution, diagonal
