"""A row of the suite's table: everything that distinguishes one benchmark class of ASV from another.

The parameter lists are written out in the rows, not read from the package, so that every commit is measured with the
same cells. Names and lists never change, except that a mode may be appended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autodiff_kernels import Case, InvalidCase, is_slow
from benchmarks import gpu

BACKENDS = ["jax", "autograd"]
MODES = [
    "value",
    "explicit",
    "reverse",
    "forward",
    "linearize",
    "double_reverse",
    "finite_difference",
    "complex_step",
    "custom_rule",
    "chunked_reverse",
    "checkpoint",
    "lapack",
]
SECOND_ORDER = ["forward_over_reverse", "reverse_over_reverse", "hessian_vector_product"]
DTYPES = ["float64", "float32"]
#: The parameters of most rows, after the size.
CHOICES: Mapping[str, list[Any]] = {"backend": BACKENDS, "mode": MODES, "dtype": DTYPES}

#: The backends and modes that a selection holds of most problems.
BOTH = ["jax", "autograd"]
COMMON = ["value", "explicit", "reverse"]

#: The fields of Case for which a parameter of ASV has another name.
_SIZES, _FORMULATIONS = ("d", "n", "m", "p", "B", "G"), ("curve", "kernel", "wrt", "loop", "k", "network", "terms")
_FIELDS = {**dict.fromkeys(_SIZES, "size"), **dict.fromkeys(_FORMULATIONS, "formulation")}


class Pick(NamedTuple):
    """Cells for a selection: the allowed values of each parameter, and the quantities if they are costs."""

    values: Mapping[str, Sequence[Any]]
    quantities: Sequence[str] = ()


def pick(quantities: Sequence[str] = (), /, **values: Any) -> Pick:
    """The cells with these values, one or a list for each parameter of the row. Without a dtype: float64."""
    as_lists = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    return Pick({"dtype": ["float64"], **as_lists}, quantities)


class Place(NamedTuple):
    """The cells of a row that a selection holds, for each kind of measurement."""

    time: Sequence[Pick] = ()
    stages: Sequence[Pick] = ()
    costs: Sequence[Pick] = ()


class Page(NamedTuple):
    """How the page "Gradient cost" shows the cells of a row."""

    title: str
    description: str
    #: The sizes that the selection `sizes` measures for it.
    sizes: Sequence[int]
    #: The problems with the lowest rank come first.
    rank: int


@dataclass(frozen=True)
class Row:
    """A benchmark class: its name in ASV, its cells, and for each kind of measurement the question that it answers."""

    name: str
    #: The name of the timed method.
    method: str
    #: The parameters of ASV, with their values.
    parameters: Mapping[str, list[Any]]
    #: The fields of Case that all cells have in common.
    fixed: Mapping[str, Any]
    #: The questions. A class exists only for kinds of measurement that have one.
    time: str
    stages: str = ""
    costs: str = ""
    device: str = ""
    #: Whether the class has the slow cells, the others, or all if None. A slow cell is called once.
    slow: bool | None = None
    page: Page | None = None
    #: By name of a selection.
    places: Mapping[str, Place] = field(default_factory=dict)
    #: A formulation and a size each, whose inputs and oracle benchmarks/fingerprints.py watches.
    fingerprints: Sequence[str] = ()

    def case(self, *cell: Any) -> Case:
        """The case of one parameter combination. Raises NotImplementedError, shown by ASV as n/a, if there is none."""
        fields = dict(self.fixed)
        for name, value in zip(self.parameters, cell, strict=True):
            if name == "cell":
                problem, size = value.split("/")
                fields |= {"problem": problem, "size": int(size.partition("=")[2])}
            else:
                fields[_FIELDS.get(name, name)] = value
        case = known_case(**fields)
        if self.slow is not None and is_slow(case) != self.slow:
            how = "one call is quick" if self.slow else "runs its passes one after the other"
            times = "repeatedly" if self.slow else "once"
            raise NotImplementedError(f"{case}: {how}; a separate class measures it {times}")
        return case


def known_case(**fields: Any) -> Case:
    """The case on the device of this run. Raises NotImplementedError, shown by ASV as n/a, if there is none."""
    device = gpu.device()
    if device != "cpu":
        fields["device"] = device
    try:
        case = Case(**fields)
    except InvalidCase as error:
        raise NotImplementedError(f"this commit has no such cell: {error}") from error
    if device == "cpu" and case.size in getattr(case.form, "gpu_sizes", ()):
        raise NotImplementedError(f"{case}: this size is measured on a GPU only")
    return case
