"""The inverse of a positive definite matrix, by the method that is fastest at its size on the device."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve

from autodiff_kernels.backends.jax.halves import by_halves
from autodiff_kernels.backends.jax.lapack import by_lapack

#: From this many points on, LAPACK (on a CPU) or the inverse by halves (on a GPU) replaces JAX's triangular solves.
#: With fewer points, the fixed cost of the call exceeds the saving.
SMALLEST = 96

#: Compiler options of explicit gradients and custom rules on a GPU. Otherwise XLA also tries Triton kernels for
#: each matrix product: up to 40 s of build time in float32 for no gain (docs/decisions/inverse-on-a-gpu.md).
GPU_COMPILER_OPTIONS: dict[str, str | bool] = {"xla_gpu_enable_triton_gemm": False}


def factorised(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inverse of a positive definite matrix S, S⁻¹ `residual`, and the diagonal of the Cholesky factor of S.

    Only the lower triangle of `matrix`, shape (n, n), is read, and only the lower triangle of the inverse is correct.
    All results are NaN if the matrix is not positive definite.
    """
    if len(matrix) < SMALLEST:
        return by_solves(matrix, residual)
    return jax.lax.platform_dependent(matrix, residual, cpu=by_lapack, default=by_halves)


def by_solves(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The results of `factorised`, by triangular solves for all columns of the identity."""
    factor = jax.lax.linalg.cholesky(matrix, symmetrize_input=False)
    inverse = cho_solve((factor, True), jnp.eye(len(matrix), dtype=matrix.dtype))
    return inverse, inverse @ residual, jnp.diagonal(factor)
