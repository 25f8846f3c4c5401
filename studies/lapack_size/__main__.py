"""From which n on is LAPACK faster than triangular solves in the explicit MVN gradient? This command times both.

It compiles both programs in one process and calls them alternately on one core. It takes about 30 seconds.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any

from asv_verdict import processor
from benchmarks.clock import best_call, pin_to_core
from studies.documents import Table, add_write_options, as_line, measured_here, store
from studies.one_thread import use_one_thread

COMMAND = "python -m studies.lapack_size"
COLUMNS = ("n", "by triangular solves", "by LAPACK")
SIZES = (16, 32, 48, 64, 80, 96, 112, 128, 200)
ROUNDS, SECONDS = 5, 0.2


def compiled(size: int, way: str) -> Callable[[], Any]:
    """The explicit gradient for `size` points, with the inverse of this name in backends/jax/solving.py."""
    import jax

    from autodiff_kernels import PROBLEMS
    from autodiff_kernels.backends.jax import solving
    from autodiff_kernels.backends.jax.models import mvn

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    inputs = PROBLEMS["mvn"].inputs(size)
    arguments = [jax.device_put(array) for array in (inputs.parameters, *inputs.data.values())]

    def explicit(*of_mvn: jax.Array) -> jax.Array:
        return mvn.derivatives(getattr(solving, way), *of_mvn)[1][0]

    program = jax.jit(explicit).lower(*arguments).compile()
    return lambda: program(*arguments).block_until_ready()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table in Markdown; --write also stores it."""
    parser = argparse.ArgumentParser(prog="python -m studies.lapack_size", description=__doc__)
    add_write_options(parser)
    options = parser.parse_args(arguments)
    print("\n".join(Table(COLUMNS, ()).lines()))
    rows = []
    for size in SIZES:
        programs = [compiled(size, way) for way in ("by_solves", "by_lapack")]
        best = [math.inf, math.inf]
        for _ in range(ROUNDS):
            best = [min(one, best_call(program, SECONDS)) for one, program in zip(best, programs, strict=True)]
        rows.append([str(size), *(f"{1e6 * seconds:.1f} µs" for seconds in best)])
        print(as_line(rows[-1]), flush=True)
    if options.write:
        on = options.on or f"one core of {processor()}"
        store("lapack-size", measured_here(COMMAND, on) | {"tables": [{"columns": COLUMNS, "rows": rows}]})


if __name__ == "__main__":
    use_one_thread()
    pin_to_core(-1)
    main()
