"""What does a loop cost? This command measures `state_space` and `ode`, and the same loops in C, and prints Markdown.

It compiles loops.c with the C compiler `cc`, which the suite never needs. Each case has its own process, and the cases
of a table take turns on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from asv_verdict import processor
from autodiff_kernels import Case, measured_inputs, prepare
from benchmarks.clock import pin_to_core
from studies.documents import Table, add_write_options, caption, measured_here, store
from studies.loops.in_c import library, seconds_of_step
from studies.loops.tables import (
    DENSE_BACKENDS,
    DENSE_COLUMNS,
    DENSE_MODES,
    LOOPS,
    MEMORY_COLUMNS,
    MODES,
    POINTS,
    PROGRAMS,
    STEP_COLUMNS,
    STEPS,
    UNROLLED,
    UNROLLED_COLUMNS,
    UNROLLED_MODES,
    dense_rows,
    memory_rows,
    of_loop,
    step_rows,
    unrolled_rows,
)
from studies.modes.__main__ import Costs, costs_of
from studies.one_thread import use_one_thread


def steps(rounds: int) -> Table:
    """Seconds of a step, in C and in each backend, dtype and mode."""
    size = PROGRAMS[0][2]
    with tempfile.TemporaryDirectory() as folder:
        loaded = library(Path(folder))
        in_c = {
            problem: [
                min(seconds_of_step(loaded, of_loop(problem, "autograd", mode, size), 1.0) for _ in range(rounds))
                for mode in ("value", "explicit")
            ]
            for problem in LOOPS
        }
    programs = [
        of_loop(problem, backend, mode, size, dtype)
        for problem in LOOPS
        for backend, dtype, size in PROGRAMS
        for mode in MODES
    ]
    calls = _calls(costs_of(programs, rounds))
    return Table(STEP_COLUMNS, [*step_rows(in_c, calls)], "A step of a loop")


def memory() -> Table:
    """Bytes of temporaries, which the compiler knows before it runs a program."""
    cases = [of_loop(problem, "jax", mode, size) for problem in LOOPS for mode in MODES for size in STEPS]
    temporaries = {case: prepare(case, measured_inputs(case)).work()["temporary_bytes"] for case in cases}
    title = "Memory of temporaries over the number of steps, JAX"
    return Table(MEMORY_COLUMNS, [*memory_rows(temporaries)], title)


def dense(rounds: int) -> Table:
    """The filter beside the Cholesky factor."""
    cases = [
        Case("state_space", backend, mode, size, formulation=formulation)
        for size in POINTS
        for backend in DENSE_BACKENDS
        for mode in DENSE_MODES
        for formulation in ("matern32", "dense")
    ]
    title = "A Gaussian process of n points: by a Kalman filter, and by a Cholesky factor"
    return Table(DENSE_COLUMNS, [*dense_rows(_calls(costs_of(cases, rounds)))], title)


def unrolled() -> Table:
    """The loop beside its unrolled form, whose build takes so long that there is one round."""
    cases = [
        Case("state_space", "jax", mode, size, formulation=formulation)
        for size in UNROLLED
        for mode in UNROLLED_MODES
        for formulation in ("matern32", "unrolled")
    ]
    costs = costs_of(cases, 1)
    builds = {case: cost.build_time for case, cost in costs.found.items()}
    title = "A Kalman filter of n steps, JAX: as a loop, and unrolled"
    return Table(UNROLLED_COLUMNS, [*unrolled_rows(_calls(costs), builds)], title)


def _calls(costs: Costs) -> dict[Case, float]:
    return {case: cost.call for case, cost in costs.found.items()}


def measured(rounds: int) -> Iterator[Table]:
    """Each table, as soon as it is measured."""
    yield steps(rounds)
    yield memory()
    yield dense(rounds)
    yield unrolled()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the tables; --write also stores them."""
    parser = argparse.ArgumentParser(prog="python -m studies.loops", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each case; the default is 2")
    add_write_options(parser)
    options = parser.parse_args(arguments)
    command = f"python -m studies.loops --rounds {options.rounds}"
    data: dict[str, Any] = measured_here(command, options.on or f"one core of {processor()}")
    data |= {"note": "one thread, float64 if nothing else is said", "tables": []}
    for table in measured(options.rounds):
        print(f"## {table.title}", "", *table.lines(), "", sep="\n", flush=True)
        data["tables"].append(table._asdict())
    print(caption(data))
    if options.write:
        store("loops", data)


if __name__ == "__main__":
    use_one_thread()
    pin_to_core(-1)
    main()
