"""What does one step of a loop cost, in nanoseconds? This command times `state_space` and `ode`, and the same in C.

It compiles loops.c with the C compiler `cc`, which the suite never needs. Each case has its own process, and the cases
take turns on one core. It takes about seven minutes.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from autodiff_kernels import Case, check, measured_inputs
from benchmarks.clock import best_call, pin_to_core
from studies.documents import Table, as_line
from studies.modes.__main__ import costs_of
from studies.one_thread import use_one_thread

MODES = ("value", "explicit", "forward", "reverse", "checkpoint")
COLUMNS = ("a step of", *MODES)
#: A problem with its formulation, and what a step of it is called.
LOOPS = {"state_space": ("matern32", "the Kalman filter"), "ode": ("initial", "16 membranes")}
#: The number of steps in each backend: a step in Python takes so long that fewer are enough.
SIZES = {"jax": 10_000, "autograd": 1_000}
ROUNDS, SECONDS = 3, 0.3


def library(folder: Path) -> ctypes.CDLL:
    """The compiled loops. Raises SystemExit without a C compiler."""
    source, built = Path(__file__).with_name("loops.c"), folder / "loops.so"
    command = ["cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", str(built), str(source), "-lm"]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SystemExit("no C compiler: expected one with the name cc") from None
    loaded = ctypes.CDLL(str(built))
    for function in (loaded.filter, loaded.membrane):
        function.restype = ctypes.c_double
    return loaded


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def call_in_c(loaded: ctypes.CDLL, case: Case, gradient: np.ndarray | None) -> Callable[[], float]:
    """A call of the loop of `case` in C; it returns the value, and writes the gradient if there is room for it."""
    inputs = measured_inputs(case)
    kept, n = np.empty(32 * case.size), ctypes.c_long(case.size)
    where = None if gradient is None else _pointer(gradient)
    data = [_pointer(inputs.data[name]) for name in inputs.data if name != "step"]
    if case.problem == "state_space":
        return lambda: loaded.filter(n, _pointer(inputs.parameters), *data, where, _pointer(kept))
    step = ctypes.c_double(float(inputs.data["step"]))
    return lambda: loaded.membrane(n, _pointer(inputs.parameters), *data, step, where, _pointer(kept))


def in_c(loaded: ctypes.CDLL, problem: str) -> tuple[float, float]:
    """Seconds for a step of the value, and of the value with the gradient. Raises WrongResult if one is wrong."""
    formulation, _ = LOOPS[problem]
    seconds = []
    for mode in ("value", "explicit"):
        case = Case(problem, "autograd", mode, SIZES["jax"], formulation=formulation)
        gradient = np.empty(case.parameter_count) if mode == "explicit" else None
        call = call_in_c(loaded, case, gradient)
        value = call()
        check(np.asarray(value) if gradient is None else gradient, case, measured_inputs(case))
        best = min((best_call(call, SECONDS) for _ in range(ROUNDS)), default=math.inf)
        seconds.append(best / case.size)
    return seconds[0], seconds[1]


def in_backend(problem: str, backend: str, dtype: str) -> list[float | None]:
    """Seconds for a step in each mode; None where a mode does not run."""
    formulation, _ = LOOPS[problem]
    cases = [Case(problem, backend, mode, SIZES[backend], dtype, formulation) for mode in MODES]
    found = costs_of(cases, ROUNDS).found
    return [found[case].call / case.size if case in found else None for case in cases]


def written(seconds: float | None) -> str:
    """A time in nanoseconds: three digits, or a whole number."""
    return "" if seconds is None else f"{1e9 * seconds:,.3g} ns" if seconds < 1e-6 else f"{1e9 * seconds:,.0f} ns"


def rows(loaded: ctypes.CDLL) -> Iterator[list[str]]:
    """A row for each loop in C and in each backend and dtype."""
    for problem, (_, name) in LOOPS.items():
        value, gradient = in_c(loaded, problem)
        yield [f"{name}, C", written(value), written(gradient), "", "", ""]
        for backend, dtype in (("jax", "float64"), ("jax", "float32"), ("autograd", "float64")):
            yield [f"{name}, {backend} {dtype}", *map(written, in_backend(problem, backend, dtype))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    argparse.ArgumentParser(prog="python -m studies.step_cost", description=__doc__).parse_args(arguments)
    print("\n".join(Table(COLUMNS, ()).lines()))
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(library(Path(folder))):
            print(as_line(row), flush=True)


if __name__ == "__main__":
    use_one_thread()
    pin_to_core(-1)
    main()
