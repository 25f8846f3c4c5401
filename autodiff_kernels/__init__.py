"""Models with explicit and automatic gradients, each compared with its oracle before it is timed.

`build("mvn/jax/reverse/n=1000")` returns a program that has been compiled, run once and checked; its steps are
`prepare`, `first_call` and `check`. `cells()` yields every case of the suite, and `why_unsupported(case)` says why a
case does not run.
"""

from autodiff_kernels.budgets import is_slow
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.checking import WrongResult, check
from autodiff_kernels.every_cell import cells
from autodiff_kernels.inputs import measured_inputs, own_inputs
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.problems import PROBLEMS, Inputs
from autodiff_kernels.programs import Program, build, first_call, preload, prepare
from autodiff_kernels.support import why_unsupported

__all__ = [
    "BACKENDS",
    "MODES",
    "PROBLEMS",
    "Case",
    "Inputs",
    "InvalidCase",
    "Program",
    "Unsupported",
    "WrongResult",
    "build",
    "cells",
    "check",
    "first_call",
    "is_slow",
    "measured_inputs",
    "own_inputs",
    "preload",
    "prepare",
    "why_unsupported",
]


def __getattr__(name: str) -> str:
    if name == "__version__":  # on demand, since reading it takes a third as long as importing NumPy
        from autodiff_kernels.release import version

        return version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
