"""The inverse by halves: for a positive definite matrix on a GPU, where matrix products are fast.

The inverses of L and of S = L Lᵀ follow from those of the diagonal blocks A and C by matrix products alone:

    L = [[A, 0], [B, C]],   L⁻¹ = [[A⁻¹, 0], [E, C⁻¹]],   E = -C⁻¹ B A⁻¹
    S⁻¹ = L⁻ᵀ L⁻¹ = [[A⁻ᵀA⁻¹ + EᵀE, ·], [C⁻ᵀE, C⁻ᵀC⁻¹]]

The smallest blocks are inverted first, and all blocks of one size form one batch. JAX itself has only a triangular
solve with n right-hand sides, which takes twice as long on a GPU (docs/decisions/inverse-on-a-gpu.md).

Source: Golub & Van Loan, Matrix Computations (2013), section 1.3; Higham, Accuracy and Stability (2002), section 14.2.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

#: The smallest blocks have at most this many rows.
LEAF = 256


def by_halves(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inverse of `matrix` S, shape (n, n), S⁻¹ `residual`, and the diagonal of the Cholesky factor of S.

    Only the lower triangle is read. All results are NaN if the matrix is not positive definite.
    """
    factor = jax.lax.linalg.cholesky(matrix, symmetrize_input=False)
    inverse_factor, inverse = _inverses(factor)
    return inverse, (inverse_factor @ residual) @ inverse_factor, jnp.diagonal(factor)


def _inverses(factor: jax.Array) -> tuple[jax.Array, jax.Array]:
    """L⁻¹ and L⁻ᵀ L⁻¹."""
    size = len(factor)
    halvings = max(-(-size // LEAF) - 1, 0).bit_length()
    count = 2**halvings
    rows = -(-size // count)
    # An identity, which is its own inverse, pads the matrix to blocks of one size.
    padded = jnp.identity(rows * count, factor.dtype).at[:size, :size].set(factor)
    blocks = _diagonal_blocks(padded, rows)
    inverse = solve_triangular(blocks, jnp.broadcast_to(jnp.identity(rows, factor.dtype), blocks.shape), lower=True)
    product = _transposed(inverse) @ inverse
    for _ in range(halvings):
        first, second = inverse[0::2], inverse[1::2]
        below = _diagonal_blocks(padded, 2 * rows)[:, rows:, :rows]
        corner = -second @ (below @ first)
        crossed = _transposed(second) @ corner
        above = product[0::2] + _transposed(corner) @ corner
        product = _assembled(above, _transposed(crossed), crossed, product[1::2])
        inverse = _assembled(first, jnp.zeros_like(corner), corner, second)
        rows *= 2
    return inverse[0, :size, :size], product[0, :size, :size]


def _diagonal_blocks(matrix: jax.Array, rows: int) -> jax.Array:
    """The square blocks on the diagonal, shape (n / rows, rows, rows)."""
    index = jnp.arange(len(matrix) // rows)
    return matrix.reshape(index.size, rows, index.size, rows)[index, :, index]


def _transposed(matrices: jax.Array) -> jax.Array:
    return jnp.swapaxes(matrices, -1, -2)


def _assembled(a: jax.Array, b: jax.Array, c: jax.Array, d: jax.Array) -> jax.Array:
    """[[a, b], [c, d]] for each element of a batch."""
    return jnp.concatenate([jnp.concatenate([a, b], axis=-1), jnp.concatenate([c, d], axis=-1)], axis=-2)
