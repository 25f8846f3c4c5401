"""Tables of what a loop costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autodiff_kernels import Case
from autodiff_kernels.terminal import duration
from studies.blocks import Shape

MODES = ("value", "explicit", "forward", "reverse", "checkpoint")
#: A problem with its formulation, and the name of its loop.
LOOPS = {"state_space": ("matern32", "the Kalman filter"), "ode": ("initial", "16 membranes")}
#: Backends and dtypes, and the number of steps: a step in Python takes so long that fewer are enough.
PROGRAMS = (("jax", "float64", 10_000), ("jax", "float32", 10_000), ("autograd", "float64", 1_000))
STEP_COLUMNS = ("a step of", *MODES)
#: The numbers of steps of the table of memory.
STEPS = (100, 1_000, 10_000, 100_000)
MEMORY_COLUMNS = ("loop", "mode", *(f"{steps:,} steps" for steps in STEPS))
#: The numbers of points of the table of filter and Cholesky factor.
POINTS = (10, 100, 1_000)
DENSE_BACKENDS = ("jax", "autograd")
DENSE_MODES = ("value", "explicit", "reverse")
DENSE_COLUMNS = ("n", "backend", *(f"{mode}, {way}" for mode in DENSE_MODES for way in ("filter", "factor")))
#: The numbers of steps of the table of unrolled loops.
UNROLLED = (10, 100)
UNROLLED_MODES = ("value", "reverse")
UNROLLED_COLUMNS = ("n", "mode", "build time, loop", "build time, unrolled", "call, loop", "call, unrolled")


def nanoseconds(seconds: float | None) -> str:
    """A time in nanoseconds: three digits, or four of a number from 1,000 on."""
    if seconds is None:
        return ""
    return f"{1e9 * seconds:.3g} ns" if seconds < 1e-6 else f"{float(f'{1e9 * seconds:.4g}'):,.0f} ns"


def megabytes(count: int) -> str:
    """A number of bytes in MB: three decimals below one MB, one decimal above."""
    return f"{count / 1e6:.3f} MB" if count < 1e6 else f"{count / 1e6:,.1f} MB"


def of_loop(problem: str, backend: str, mode: str, size: int, dtype: str = "float64") -> Case:
    """A case of one of LOOPS."""
    return Case(problem, backend, mode, size, dtype=dtype, formulation=LOOPS[problem][0])


def step_rows(in_c: Mapping[str, Sequence[float]], calls: Mapping[Case, float]) -> Iterator[list[str]]:
    """A row for each loop in C and in each program. `calls` holds the seconds of a call."""
    for problem, (_, name) in LOOPS.items():
        yield [f"{name}, C", *map(nanoseconds, in_c[problem]), "", "", ""]
        for backend, dtype, size in PROGRAMS:
            cases = (of_loop(problem, backend, mode, size, dtype) for mode in MODES)
            times = (calls[case] / size if case in calls else None for case in cases)
            yield [f"{name}, {backend} {dtype}", *map(nanoseconds, times)]


def memory_rows(temporaries: Mapping[Case, int]) -> Iterator[list[str]]:
    """A row for each loop and mode of JAX. `temporaries` holds bytes."""
    for problem, (_, name) in LOOPS.items():
        for mode in MODES:
            yield [name, mode, *(megabytes(temporaries[of_loop(problem, "jax", mode, size)]) for size in STEPS)]


def dense_rows(calls: Mapping[Case, float]) -> Iterator[list[str]]:
    """A row for each number of points and backend: the filter beside the Cholesky factor."""
    for size in POINTS:
        for backend in DENSE_BACKENDS:
            cases = [
                Case("state_space", backend, mode, size, formulation=formulation)
                for mode in DENSE_MODES
                for formulation in ("matern32", "dense")
            ]
            yield [f"{size:,}", backend, *(duration(calls[case]) if case in calls else "" for case in cases)]


def unrolled_rows(calls: Mapping[Case, float], builds: Mapping[Case, float]) -> Iterator[list[str]]:
    """A row for each number of steps and mode of JAX: the loop beside its unrolled form."""
    for size in UNROLLED:
        for mode in UNROLLED_MODES:
            pair = [Case("state_space", "jax", mode, size, formulation=form) for form in ("matern32", "unrolled")]
            yield [str(size), mode, *(duration(times[case]) for times in (builds, calls) for case in pair)]


def shape() -> tuple[Shape, ...]:
    """Rows and columns of the four tables."""
    return (
        (len(LOOPS) * (1 + len(PROGRAMS)), len(STEP_COLUMNS)),
        (len(LOOPS) * len(MODES), len(MEMORY_COLUMNS)),
        (len(POINTS) * len(DENSE_BACKENDS), len(DENSE_COLUMNS)),
        (len(UNROLLED) * len(UNROLLED_MODES), len(UNROLLED_COLUMNS)),
    )
