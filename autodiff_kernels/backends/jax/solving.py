"""Inverse and solution of a positive definite system, in the form that is fastest at this size on this device."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve

from autodiff_kernels.backends.jax.halves import by_halves
from autodiff_kernels.backends.jax.lapack import by_lapack

#: Points from which anything but JAX's own solves is used; below, calling it costs more than it could save.
SMALLEST = 96

#: Of compiling what is written by hand for a GPU. XLA would try each matrix product as a kernel of Triton, which in
#: float32 takes up to 40 s before the first result and gains nothing (docs/decisions/inverse-on-a-gpu.md).
GPU_COMPILER_OPTIONS: dict[str, str | bool] = {"xla_gpu_enable_triton_gemm": False}


def factorised(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Inverse of a positive definite matrix, its solution for `residual`, and the diagonal of its Cholesky factor.

    `matrix` has shape (n, n) and its lower triangle is read; of the inverse the lower triangle is right. All are NaN
    where the matrix is not positive definite.
    """
    if len(matrix) < SMALLEST:
        return by_solves(matrix, residual)
    return jax.lax.platform_dependent(matrix, residual, cpu=by_lapack, default=by_halves)


def by_solves(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The same by triangular solves of all columns of the identity."""
    factor = jax.lax.linalg.cholesky(matrix, symmetrize_input=False)
    inverse = cho_solve((factor, True), jnp.eye(len(matrix), dtype=matrix.dtype))
    return inverse, inverse @ residual, jnp.diagonal(factor)
