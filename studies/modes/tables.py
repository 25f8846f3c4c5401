"""The rows and columns of the tables of the modes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from autodiff_kernels import BACKENDS, MODES, PROBLEMS, Case
from autodiff_kernels.ranking import Cost
from autodiff_kernels.terminal import duration

#: Problems whose shape decides which mode is best, and how a shape is written.
SHAPES = {
    "ard": "d = {p}",
    "decays": "{m:,} × {p:,}",
    "timeline": "{curve}, {m:,} × {p}",
    "gp_fit": "n = {size}",
    "survival_fit": "n = {size}",
}
NAMES = {
    "ard": "ARD log-density",
    "decays": "Decay Jacobian",
    "timeline": "Timeline Jacobian",
    "gp_fit": "Gaussian process fit",
    "survival_fit": "Survival fit",
}
TIMELINE_SIZE = 40_000
#: A case without its mode, then two modes to compare: reverse, and one that is meant to use less memory.
MEMORY = (
    ("covariance/jax/n=2000", "reverse", "checkpoint"),
    ("covariance/autograd/n=2000", "reverse", "checkpoint"),
    ("mvn/jax/n=2000", "reverse", "checkpoint"),
    ("mvn/autograd/n=2000", "reverse", "checkpoint"),
    ("decays/jax/m=2000", "reverse", "chunked_reverse"),
    ("timeline/jax/m=2000", "reverse", "chunked_reverse"),
)
#: Sizes and modes for which the growth of the MVN log-density is computed.
GROWTH_SIZES = (500, 1000, 2000)
GROWTH_MODES = ("value", "explicit", "custom_rule", "reverse")
SPANS = (*pairwise(GROWTH_SIZES), (GROWTH_SIZES[0], GROWTH_SIZES[-1]))
COLUMNS = (
    "shape",
    "backend",
    "best",
    "time",
    "over the objective",
    "over explicit",
    "passes",
    "others, over the objective",
)
MEMORY_COLUMNS = ("", "mode", "time", "peak memory")
GROWTH_COLUMNS = ("", *(f"{small} to {large}" for small, large in SPANS))


def crossover_rows(problem: str, found: dict[Case, Cost]) -> Iterator[list[str]]:
    """A row for each shape and backend: the best automatic mode with its cost and passes, and the other modes."""
    for size, formulation in dict.fromkeys((case.size, case.formulation) for case in found):
        for backend in BACKENDS:
            shape_and_backend = (size, formulation, backend)
            costs = {
                case.mode: cost
                for case, cost in found.items()
                if (case.size, case.formulation, case.backend) == shape_and_backend
            }
            objective, explicit = costs.pop("value", None), costs.pop("explicit", None)
            ranked = sorted(costs.values(), key=lambda cost: cost.call)
            if not ranked:
                continue
            best, case = ranked[0], ranked[0].case
            others = ", ".join(f"{_name(cost.case.mode)} {_over(cost, objective, '.3g')}" for cost in ranked[1:])
            shape = SHAPES[problem].format(
                p=case.parameter_count, m=case.output_count, curve=_name(formulation), size=size
            )
            over = _over(best, objective), _over(best, explicit)
            yield [shape, backend, _name(case.mode), duration(best.call), *over, passes(case), others]


def _over(cost: Cost, other: Cost | None, form: str = ".2f") -> str:
    return f"{cost.call / other.call:{form}}" if other else "—"


def passes(case: Case) -> str:
    """The passes that theory predicts, in words."""
    deterministic = MODES[case.mode].passes(case.parameter_count, case.output_count)
    return " + ".join(f"{count:,} {kind}" for kind, count in deterministic._asdict().items() if count)


def _name(mode: str) -> str:
    return mode.replace("_", " ")


def memory_rows(found: dict[Case, Cost]) -> Iterator[list[str]]:
    """Time and peak memory of each mode."""
    for case, cost in found.items():
        subject = str(case).replace(f"/{case.mode}/", "/")
        memory = "" if cost.peak_bytes is None else f"{cost.peak_bytes / 1e6:,.0f} MB"
        yield [subject, _name(case.mode), f"{1e3 * cost.call:.3g} ms", memory]


def growth_rows(found: dict[Case, Cost]) -> Iterator[list[str]]:
    """The exponent of n in the cost of the MVN log-density, over each of SPANS."""
    for backend in BACKENDS:
        for mode in GROWTH_MODES:
            seconds = {
                case.size: cost.call for case, cost in found.items() if (case.backend, case.mode) == (backend, mode)
            }
            exponents = [exponent(seconds, *span) for span in SPANS]
            yield [f"{backend} {_name(mode)}", *("—" if one is None else f"{one:.2f}" for one in exponents)]


def exponent(seconds: dict[int, float], small: int, large: int) -> float | None:
    """log(t / t′) / log(n / n′), or None if one of the two was not measured."""
    if small not in seconds or large not in seconds:
        return None
    return math.log(seconds[large] / seconds[small]) / math.log(large / small)


def sizes(problem: str) -> list[tuple[str, int]]:
    """The formulation and the size of each shape of a problem."""
    return [
        (formulation, size)
        for formulation, form in PROBLEMS[problem].formulations.items()
        for size in (form.sizes if problem != "timeline" else (TIMELINE_SIZE,))
    ]


def shape() -> tuple[tuple[int, int], ...]:
    """Rows and columns of each table: one for each problem, then the memory of modes, then the growth."""
    shapes = tuple((len(sizes(problem)) * len(BACKENDS), len(COLUMNS)) for problem in SHAPES)
    growth = (len(BACKENDS) * len(GROWTH_MODES), len(GROWTH_COLUMNS))
    return (*shapes, (2 * len(MEMORY), len(MEMORY_COLUMNS)), growth)
