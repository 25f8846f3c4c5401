"""Is the inverse by halves or by triangular solves faster on a GPU? This command times the explicit gradient.

It needs a GPU and takes minutes; on a CPU it only checks that the programs run. It compiles each gradient with and
without Triton's matrix products, because the search for the fastest of these takes most of the compile time.
"""

from __future__ import annotations

import argparse
import itertools
import time

from benchmarks.clock import best_call

SECONDS = 0.5
WAYS = ("by_solves", "by_halves")


def measured(way: str, size: int, dtype: str, *, triton: bool) -> tuple[float, float]:
    """Seconds to compile the explicit gradient with this inverse, and seconds of its shortest call."""
    import jax

    from autodiff_kernels import PROBLEMS
    from autodiff_kernels.backends.jax import solving
    from autodiff_kernels.backends.jax.models import mvn

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    inputs = PROBLEMS["mvn"].inputs(size).astype(dtype)
    arguments = [jax.device_put(array) for array in (inputs.parameters, *inputs.data.values())]

    def explicit(*of_mvn: jax.Array) -> jax.Array:
        return mvn.derivatives(getattr(solving, way), *of_mvn)[1][0]

    with jax.default_matmul_precision("highest"):
        lowered = jax.jit(explicit).lower(*arguments)
    begin = time.perf_counter()
    program = lowered.compile(None if triton else solving.GPU_COMPILER_OPTIONS)
    compiling = time.perf_counter() - begin
    return compiling, best_call(lambda: program(*arguments).block_until_ready(), SECONDS)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m studies.inverse_on_gpu", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[1000, 4096, 16_384],
        metavar="N",
        help="numbers of points (default: %(default)s)",
    )
    options = parser.parse_args()
    print("| n | precision | way | Triton | compiling | a call |\n|---|---|---|---|---|---|")
    for size, dtype, way, triton in itertools.product(options.sizes, ("float64", "float32"), WAYS, (True, False)):
        compiling, call = measured(way, size, dtype, triton=triton)
        words = (size, dtype, way.replace("_", " "), "yes" if triton else "no")
        print("| " + " | ".join(map(str, words)) + f" | {compiling:.2f} s | {1e3 * call:.3g} ms |", flush=True)


if __name__ == "__main__":
    main()
