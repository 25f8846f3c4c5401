"""The inverse of a positive definite matrix, by JAX's own functions or by LAPACK."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve

from autodiff_kernels.backends.jax.halves import by_halves
from autodiff_kernels.backends.jax.lapack import by_lapack

#: From this many points on, a custom rule calls LAPACK on a CPU, and a GPU inverts by halves. With fewer points, the
#: fixed cost exceeds the saving.
SMALLEST = 96

#: Compiler options of explicit gradients and custom rules on a GPU. Otherwise XLA also tries Triton kernels for
#: each matrix product: up to 40 s of build time in float32 for no gain (docs/decisions/inverse-on-a-gpu.md).
GPU_COMPILER_OPTIONS: dict[str, str | bool] = {"xla_gpu_enable_triton_gemm": False}


#: A function of a positive definite matrix S, shape (n, n), and a residual: the inverse of S, S⁻¹ times the residual,
#: and the diagonal of the Cholesky factor of S. It reads only the lower triangle of S, and only the lower triangle of
#: the inverse is correct. All results are NaN if the matrix is not positive definite.
Inversion = Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array, jax.Array]]


def by_own_functions(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inversion by JAX's own functions, as it is fastest on the device."""
    if len(matrix) < SMALLEST:
        return by_solves(matrix, residual)
    return jax.lax.platform_dependent(matrix, residual, cpu=by_solves, default=by_halves)


def by_fastest(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inversion that is fastest at this size on the device, by LAPACK or by JAX's own functions."""
    if len(matrix) < SMALLEST:
        return by_solves(matrix, residual)
    return jax.lax.platform_dependent(matrix, residual, cpu=by_lapack, default=by_halves)


def by_solves(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inversion by triangular solves for all columns of the identity."""
    factor = jax.lax.linalg.cholesky(matrix, symmetrize_input=False)
    inverse = cho_solve((factor, True), jnp.eye(len(matrix), dtype=matrix.dtype))
    return inverse, inverse @ residual, jnp.diagonal(factor)
