"""The parts of a problem: parameters, inputs, formulations and a float64 oracle. No backend is imported here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np


@dataclass(frozen=True)
class Inputs:
    """The numbers at which a problem is evaluated.

    The derivative is with respect to `parameters`, shape (p,). `data` holds every other array by name; a scalar is an
    array of shape (). Arrays of integers are indices or counts that a program needs as such. A program receives both as
    arguments, never as constants.
    """

    parameters: np.ndarray
    data: Mapping[str, np.ndarray]

    def astype(self, dtype: str) -> Inputs:
        """The same inputs rounded to `dtype`. Arrays of integers stay what they are."""
        data = {name: array if array.dtype.kind == "i" else array.astype(dtype) for name, array in self.data.items()}
        return Inputs(self.parameters.astype(dtype), data)


class Operations(NamedTuple):
    """Floating-point operations of a formula, to leading order; an exponential, logarithm or power counts as one."""

    #: Operations of the objective.
    value: float
    #: Operations of the explicit derivative in all parameters.
    derivative: float


@dataclass(frozen=True)
class Refusal:
    """A mode that a formulation does not run in, for a reason of its own; `fails` is that of support.Rule."""

    mode: str
    reason: str
    fails: Literal["scope", "raises", "wrong"]
    #: The backend that refuses; None means every backend.
    backend: str | None = None
    #: If it raises: an expression that the message matches.
    error: str = ""
    #: Whether only a compiled program fails: without a compiler, a loop is one of Python.
    only_compiled: bool = False


#: What every objective that factorises a matrix by Cholesky refuses.
BY_CHOLESKY = (
    *(
        Refusal(
            mode,
            "autograd has no forward-mode rule for cholesky, solve and solve_triangular",
            "raises",
            "autograd",
            "cholesky",
        )
        for mode in ("forward", "forward_over_reverse")
    ),
    Refusal(
        "complex_step",
        "silently wrong: Cholesky takes complex conjugates, so the log-density is not analytic",
        "wrong",
    ),
)


@dataclass(frozen=True)
class Intermediate:
    """A number that can leave the range of a dtype. The objective computes it, and the explicit derivative does not."""

    name: str
    #: Its logarithm at the measured inputs, from the size and the case's settings.
    logarithm: Callable[[int, Mapping[str, float]], float]
    advice: str


@dataclass(frozen=True)
class Formulation:
    """One way to write a problem: its parameters, the measured sizes and the shape of its objective."""

    #: If the number of parameters depends on the size, they share one name.
    parameter_names: tuple[str, ...]
    sizes: tuple[int, ...]
    #: The measured inputs, if they are not those of the problem; called like Problem.inputs.
    inputs: Callable[..., Inputs] | None = field(default=None, kw_only=True)
    #: Sizes that fill a GPU and are measured on a GPU only.
    gpu_sizes: tuple[int, ...] = field(default=(), kw_only=True)
    #: The operations of the formula at a size. They are counted by hand, since compilers do not count those of LAPACK.
    operations: Callable[[int], Operations]
    #: The number of steps of the objective, at a size, that can only run one after the other, if it is a loop.
    steps: Callable[[int], int] | None = None
    #: The shape of the objective at a size; () is a scalar.
    output_shape: Callable[[int], tuple[int, ...]] = lambda size: ()
    #: The number of entries of the largest intermediate array of the objective at a size.
    largest_array: Callable[[int], int] = lambda size: size
    #: Parameters and data that must be above zero.
    positive: frozenset[str] = frozenset()
    #: Whether the data are arguments of the differentiated function. Otherwise the function closes over them.
    data_as_argument: bool = False
    #: The number of parameters at a size, if it depends on the size.
    parameters_of_size: Callable[[int], int] | None = None
    #: How many parameters in a row are of one kind, at a size: the check measures their errors by the largest of their
    #: derivatives. None: each parameter has its own scale.
    blocks: Callable[[int], Sequence[int]] | None = None
    #: The number of entries of the data at a size, if they are more than those of the largest intermediate array.
    data_entries: Callable[[int], int] = lambda size: 0
    #: An upper bound of the condition number of the matrix that is solved with at the measured inputs, at a size. A
    #: solve loses as many digits as it has.
    condition_number: Callable[[int], float] | None = None
    #: The smallest tolerance in float32, in which rounding and conditioning cost more digits than in float64.
    float32_tolerance: float = 1e-5
    #: The number of terms, at a size, of which one parameter changes a few or each a little: the rounding error of all
    #: of them limits the accuracy of a difference.
    terms_of_difference: Callable[[int], int] | None = None
    #: The modes that it does not run in.
    refusals: tuple[Refusal, ...] = ()
    #: A number that may leave the range of the dtype.
    intermediate: Intermediate | None = None
    #: The backends whose models have a custom rule; those that have an intermediate value which is both large and cheap
    #: to recompute, for mode checkpoint; and those that can also call LAPACK from outside their own functions.
    custom_rules: frozenset[str] = frozenset()
    checkpoints: frozenset[str] = frozenset()
    lapack: frozenset[str] = frozenset()

    def parameter_count(self, size: int) -> int:
        """p: the number of parameters with respect to which the objective is differentiated."""
        return self.parameters_of_size(size) if self.parameters_of_size else len(self.parameter_names)


class Rounding(NamedTuple):
    """Bounds of the rounding error of an oracle in float64, absolute, of the shapes of its value and derivative.

    Terms of opposite signs cancel near a zero of the sum, and leave an error that is not small relative to it.
    """

    value: np.ndarray
    derivative: np.ndarray


@dataclass(frozen=True)
class Fit:
    """What the check of a whole fit needs: the gradient of the objective, and a point near the usual minimum."""

    #: From the inputs and a point, shape (p,): the gradient there, in closed form.
    gradient: Callable[[Inputs, np.ndarray], np.ndarray]
    optimum: np.ndarray


@dataclass(frozen=True)
class Problem:
    """A model with its inputs and its oracle.

    `inputs(size, seed, **settings)` returns the measured inputs. `value(inputs, formulation)` and
    `derivative(inputs, formulation)` are the oracle: NumPy float64, written independently of every backend. `value` has
    the output shape of the formulation; `derivative` has that shape followed by (p,). If a program is a fit,
    `derivative` returns the fitted parameters.
    """

    name: str
    summary: str
    size_name: str
    inputs: Callable[..., Inputs]
    value: Callable[[Inputs, str], np.ndarray]
    derivative: Callable[[Inputs, str], np.ndarray]
    #: The first one is the default.
    formulations: Mapping[str, Formulation]
    #: The oracle of the second derivatives, shape (p, p). None if no second derivative is measured.
    hessian: Callable[[Inputs, str], np.ndarray] | None = None
    #: The oracle of the Hessian times a vector, shape (p,), if there is one that needs no Hessian.
    hessian_product: Callable[[Inputs, str, np.ndarray], np.ndarray] | None = None
    #: If a program is a whole fit, except in mode `value`: it returns the parameters that minimise the objective.
    fit: Fit | None = None
    #: The smallest and the largest size that the data allow.
    size_limits: tuple[int, int] = (1, sys.maxsize)
    #: Numbers that a case can set, each at least zero, with their defaults.
    settings: Mapping[str, float] = field(default_factory=dict)
    #: The rounding error of `value` and `derivative`; None if no terms cancel.
    rounding: Callable[[Inputs, str], Rounding] | None = None
    #: From inputs and formulation: the reason why the model does not hold at these inputs, or None.
    invalid: Callable[[Inputs, str], str | None] = lambda inputs, formulation: None
    #: From inputs, machine epsilon and tolerance: the reason why no program can meet the tolerance, or None.
    ill_conditioned: Callable[[Inputs, float, float], str | None] = lambda inputs, epsilon, tolerance: None

    def measured_inputs(self, formulation: str, size: int, seed: int = 0, **settings: float) -> Inputs:
        """The measured inputs of a formulation, in float64."""
        return (self.formulations[formulation].inputs or self.inputs)(size, seed, **settings)

    @property
    def fits(self) -> bool:
        """Whether a program is a whole fit, except in mode `value`."""
        return self.fit is not None
