"""The loops of `state_space` and `ode` in C (loops.c). The suite never needs a C compiler."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from autodiff_kernels import Case, check, measured_inputs
from benchmarks.clock import best_call

#: Bytes of the values that the gradient keeps of a step, at most.
KEPT_BYTES = 256


def library(folder: Path) -> ctypes.CDLL:
    """The compiled loops. Raises SystemExit without a C compiler."""
    source, compiled, built = Path(__file__).with_name("loops.c"), folder / "loops.o", folder / "loops.so"
    compile_it = ["cc", "-O3", "-march=native", "-ffast-math", "-fPIC", "-c", "-o", str(compiled), str(source)]
    # A library that is linked with -ffast-math rounds subnormal numbers to zero in the whole process that loads it.
    link_it = ["cc", "-shared", "-o", str(built), str(compiled), "-lm"]
    try:
        for command in (compile_it, link_it):
            subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SystemExit("no C compiler: expected one with the name cc") from None
    loaded = ctypes.CDLL(str(built))
    for function in (loaded.filter, loaded.membrane):
        function.restype = ctypes.c_double
    return loaded


def call_in_c(loaded: ctypes.CDLL, case: Case, gradient: np.ndarray | None) -> Callable[[], float]:
    """A call of the loop of `case` in C; it returns the value, and writes the gradient if there is room for it."""
    inputs = measured_inputs(case)
    kept = _pointer(np.empty(KEPT_BYTES * case.size, np.uint8))
    where = None if gradient is None else _pointer(gradient)
    arrays = [inputs.parameters, *(inputs.data[name] for name in inputs.data if name != "step")]
    # All pointers are made here, so that the timed call makes none.
    given = [ctypes.c_long(case.size), *map(_pointer, arrays)]
    if case.problem == "state_space":
        return partial(loaded.filter, *given, where, kept)
    return partial(loaded.membrane, *given, ctypes.c_double(float(inputs.data["step"])), where, kept)


def seconds_of_step(loaded: ctypes.CDLL, case: Case, seconds: float) -> float:
    """Seconds for a step of the value or, in mode explicit, of the value with the gradient.

    Raises WrongResult if it is wrong.
    """
    gradient = np.empty(case.parameter_count) if case.mode == "explicit" else None
    call = call_in_c(loaded, case, gradient)
    value = call()
    check(np.asarray(value) if gradient is None else gradient, case, measured_inputs(case))
    return best_call(call, seconds) / case.size


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    """A pointer that keeps its array."""
    return array.ctypes.data_as(ctypes.c_void_p)
