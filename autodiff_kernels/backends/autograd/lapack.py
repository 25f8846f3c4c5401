"""The inverse of a positive definite matrix and its product with a vector, by LAPACK, in place."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs


def inverted(matrix: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The inverse of a positive definite matrix S, S⁻¹ `residual`, and the diagonal of the Cholesky factor of S.

    LAPACK reads the lower triangle of `matrix`, shape (n, n), float64, in C order, and overwrites it with the lower
    triangle of the inverse. The upper triangle is zero afterwards. Raises LinAlgError if the matrix is not positive
    definite.
    """
    # The lower triangle in row order is the upper one in LAPACK's column order.
    factor, failed = dpotrf(matrix.T, lower=0, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError(
            f"the matrix is not positive definite: its leading minor of order {failed} is not positive"
        )
    solution, _ = dpotrs(factor, residual, lower=0)
    diagonal = factor.diagonal().copy()
    inverse, _ = dpotri(factor, lower=0, overwrite_c=1)
    return inverse.T, solution, diagonal
