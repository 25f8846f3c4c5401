"""What a problem is: parameters, inputs, formulations and a float64 oracle. No backend is imported here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Inputs:
    """The numbers that one problem is evaluated at.

    `parameters` has shape (p,): what the derivative is taken in. `data` holds every other array by name;
    a scalar is an array of shape (). Both reach a program as arguments, never as constants.
    """

    parameters: np.ndarray
    data: Mapping[str, np.ndarray]

    def astype(self, dtype: str) -> Inputs:
        """The same inputs rounded to `dtype`."""
        return Inputs(self.parameters.astype(dtype), {name: array.astype(dtype) for name, array in self.data.items()})


class Operations(NamedTuple):
    """Floating-point operations that a formula needs, to leading order; an exponential, logarithm or power is one."""

    #: Of the objective.
    value: float
    #: Of the derivative in all parameters, written by hand.
    derivative: float


@dataclass(frozen=True)
class Formulation:
    """One way to write a problem: its parameters, the sizes that are measured and what its objective returns."""

    #: Where their number depends on the size, the one name that all of them have.
    parameter_names: tuple[str, ...]
    sizes: tuple[int, ...]
    #: Sizes that fill a GPU and are measured on one alone.
    gpu_sizes: tuple[int, ...] = field(default=(), kw_only=True)
    #: What the formula costs at a size, counted by hand, since compilers leave out what LAPACK does.
    operations: Callable[[int], Operations]
    #: Shape of the objective's value, from the size; () is a scalar.
    output_shape: Callable[[int], tuple[int, ...]] = lambda size: ()
    #: Entries of the largest array that the objective makes on its way, from the size.
    largest_array: Callable[[int], int] = lambda size: size
    #: Parameters and data that must be above zero.
    positive: frozenset[str] = frozenset()
    #: Whether the data are arguments of the differentiated function; otherwise it closes over them.
    data_as_argument: bool = False
    #: How many parameters there are, from the size, where that depends on it.
    parameters_of_size: Callable[[int], int] | None = None

    def parameter_count(self, size: int) -> int:
        """p: how many parameters the derivative is taken in."""
        return self.parameters_of_size(size) if self.parameters_of_size else len(self.parameter_names)


@dataclass(frozen=True)
class Problem:
    """A model whose derivative is measured.

    `inputs(size, seed, **settings)` makes the measured inputs. `value(inputs, formulation)` and
    `derivative(inputs, formulation)` are the oracle: NumPy float64, written independently of every backend. Where a
    program is a fit, `derivative` returns the fitted parameters.
    `value` has the formulation's output shape; `derivative` has that shape followed by (p,).
    """

    name: str
    summary: str
    size_name: str
    inputs: Callable[..., Inputs]
    value: Callable[[Inputs, str], np.ndarray]
    derivative: Callable[[Inputs, str], np.ndarray]
    #: The first one is the default.
    formulations: Mapping[str, Formulation]
    #: The oracle of second derivatives, as `derivative` is of the first: shape (p, p). None where nothing takes them.
    hessian: Callable[[Inputs, str], np.ndarray] | None = None
    #: Whether a program is a whole fit: the parameters that minimise the objective, in every mode but `value`.
    fits: bool = False
    #: Numbers a case may set, none of them below zero, each with its default.
    settings: Mapping[str, float] = field(default_factory=dict)
    #: Why no program of this machine epsilon can keep this tolerance at these inputs; None when one can.
    ill_conditioned: Callable[[Inputs, float, float], str | None] = lambda inputs, epsilon, tolerance: None
