"""How fast is this GPU itself? The same run measures these rates, which give the roofline."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from time import perf_counter
from typing import Any

from benchmarks import gpu
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, rounds_so_far, samples

#: Bytes of the copied array, rows of the multiplied matrices, and rows of the factorised matrix.
COPIED, ROWS, FACTORISED = 2**30, 8192, 16_384
DTYPES = ("float64", "float32")
#: The work of each kernel: bytes read and written, or operations as Golub & Van Loan count them.
WORK: dict[str, float] = {
    "copy": 2 * COPIED,
    **{f"matrix product {dtype}": 2 * ROWS**3 for dtype in DTYPES},
    **{f"Cholesky and triangular inverse {dtype}": 2 * FACTORISED**3 / 3 for dtype in DTYPES},
}
#: Batches, and calls in each batch. The program waits for the last call of a batch only, so the time excludes dispatch.
BATCHES, CALLS = 4, 5


@cache
def rate(kernel: str) -> float:
    """Bytes or operations of a kernel per second: the highest rate of this run so far. The first call measures it."""
    return WORK[kernel] / min(rounds_of(kernel, None))


def rounds_of(kernel: str, asker: str | None) -> list[float]:
    return rounds_so_far(f"rate {kernel}", asker, lambda number: in_forked_process(partial(seconds_of, kernel)))


def seconds_of(kernel: str) -> float:
    """Seconds per call in the fastest batch."""
    run = made_kernel(kernel)
    run().block_until_ready()
    best = math.inf
    for _ in range(BATCHES):
        begin = perf_counter()
        for _ in range(CALLS):
            result = run()
        result.block_until_ready()
        best = min(best, (perf_counter() - begin) / CALLS)
    return best


def made_kernel(kernel: str) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    dtype = kernel.rpartition(" ")[2]
    if kernel == "copy":
        program, argument = (lambda array: array + 1), jnp.ones(COPIED // 4, "float32")
    elif kernel.startswith("matrix product"):
        program, argument = (lambda matrix: matrix @ matrix), _uniform(ROWS, dtype)
    else:
        program, argument = _triangular_inverse, _uniform(FACTORISED, dtype)
        argument = argument + argument.T + 2 * FACTORISED * jnp.eye(FACTORISED, dtype=dtype)
    with jax.default_matmul_precision("highest"):
        # Use cuBLAS directly: trying Triton's kernels first takes longer than the whole measurement.
        compiled = jax.jit(program).lower(argument).compile({"xla_gpu_enable_triton_gemm": False})
    return lambda: compiled(argument)


def _triangular_inverse(matrix: Any) -> Any:
    """L⁻¹ of L Lᵀ, by JAX's Cholesky factor and triangular solve."""
    import jax
    import jax.numpy as jnp

    factor = jax.lax.linalg.cholesky(matrix, symmetrize_input=False)
    return jax.scipy.linalg.solve_triangular(factor, jnp.eye(len(matrix), dtype=matrix.dtype), lower=True)


def _uniform(rows: int, dtype: str) -> Any:
    import jax

    return jax.random.uniform(jax.random.PRNGKey(0), (rows, rows), dtype)


class GPURate(Replayed):
    """How fast does this GPU copy, multiply and factorise? No commit of this project can change it.

    Leaves out gradients.
    """

    version = "1"
    param_names = ["kernel"]
    params = [list(WORK)]

    def setup(self, kernel: str) -> None:
        if gpu.device() == "cpu":
            raise NotImplementedError("measured on a GPU only")
        gpu.require_gpu()
        self.take(samples([[seconds] for seconds in rounds_of(kernel, "time")]))

    def time_kernel(self, kernel: str) -> None:
        self.replay()
