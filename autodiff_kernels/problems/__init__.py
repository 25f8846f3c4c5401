"""One file for each problem. Each file in this folder defines PROBLEM; a new file adds a problem."""

from importlib import import_module
from pkgutil import iter_modules

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem, Refusal

__all__ = ["PROBLEMS", "Formulation", "Inputs", "Operations", "Problem", "Refusal"]

PROBLEMS: dict[str, Problem] = {
    module.PROBLEM.name: module.PROBLEM
    for module in (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__) if info.name != "base")
}
