"""What a gradient costs: models with explicit and automatic gradients, each checked before it is timed."""

from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.problems import PROBLEMS, Inputs
from autodiff_kernels.programs import Program, WrongResult, build, preload
from autodiff_kernels.support import cells, is_slow, why_unsupported

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
    "is_slow",
    "preload",
    "why_unsupported",
]
