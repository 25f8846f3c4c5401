"""Find the best mode for each shape of a problem, and how the cost grows with the size. Print Markdown.

Each case has its own process, and the cases of a shape take turns. The command uses one core. It measures
everything itself and reads no results of ASV.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from asv_verdict import processor
from autodiff_kernels import BACKENDS, MODES, PROBLEMS, Case
from autodiff_kernels.ranking import Cost, candidates, measure, why_left_out
from autodiff_kernels.support import declared
from benchmarks.clock import keep_freed_memory, pin_to_core
from tools.documents import Table, add_write_options, caption, measured_here, store
from tools.table import duration

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
#: How long the calls of a case are repeated in each round, in seconds.
SECONDS = 1.0


class Costs(NamedTuple):
    """The cost of each case, and the reason for each case that was not measured."""

    found: dict[Case, Cost]
    missing: dict[Case, str]

    def notes(self) -> list[str]:
        """The cases that were not measured, by reason, except those that the backend does not support."""
        by_reason: dict[str, list[Case]] = {}
        for case, reason in self.missing.items():
            rule = declared(case)
            if rule is None or rule.fails == "budget":
                by_reason.setdefault(reason, []).append(case)
        return [f"Not measured: {', '.join(map(str, cases))}: {why}." for why, cases in by_reason.items()]


def costs_of(cases: Sequence[Case], rounds: int, prepare: Callable[[], None] | None = keep_freed_memory) -> Costs:
    """The lowest cost of each case over the rounds.

    `prepare` runs first in each process. By default it keeps freed memory, as the suite does.
    """
    missing = {case: reason for case in cases if (reason := why_left_out(case))}
    running = [case for case in cases if case not in missing]
    found: dict[Case, Cost] = {}
    for number in range(rounds):
        turn = running[:: 1 - 2 * (number % 2)]
        for case, cost in zip(turn, measure(turn, SECONDS, _tell, prepare=prepare), strict=True):
            if not isinstance(cost, Cost):
                missing[case] = cost
            elif case not in found or cost.call < found[case].call:
                found[case] = cost
    return Costs({case: cost for case, cost in found.items() if case not in missing}, missing)


def _add(all_costs: Costs, more: Costs) -> None:
    all_costs.found.update(more.found)
    all_costs.missing.update(more.missing)


def _tell(number: int, case: Case) -> None:
    print(f"{number}: {case}", file=sys.stderr, flush=True)


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


def with_mode(subject: str, mode: str) -> Case:
    problem, backend, size = subject.split("/")
    return Case.parse(f"{problem}/{backend}/{mode}/{size}")


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


def _sizes(problem: str) -> list[tuple[str, int]]:
    """The formulation and the size of each shape of a problem."""
    return [
        (formulation, size)
        for formulation, form in PROBLEMS[problem].formulations.items()
        for size in (form.sizes if problem != "timeline" else (TIMELINE_SIZE,))
    ]


def shape() -> tuple[tuple[int, int], ...]:
    """Rows and columns of each table: one for each problem, then the memory of modes, then the growth."""
    shapes = tuple((len(_sizes(problem)) * len(BACKENDS), len(COLUMNS)) for problem in SHAPES)
    growth = (len(BACKENDS) * len(GROWTH_MODES), len(GROWTH_COLUMNS))
    return (*shapes, (2 * len(MEMORY), len(MEMORY_COLUMNS)), growth)


def measured(rounds: int) -> Iterator[tuple[Table, Costs]]:
    """Yield each table with its costs as soon as it is measured."""
    for problem in SHAPES:
        costs = Costs({}, {})
        for formulation, size in _sizes(problem):
            _add(costs, costs_of(candidates(problem, size, "float64", formulation, list(BACKENDS)), rounds))
        title = f"{NAMES[problem]} (`{problem}`): {PROBLEMS[problem].summary}"
        yield Table(COLUMNS, [*crossover_rows(problem, costs.found)], title, costs.notes()), costs
    saving = Costs({}, {})
    for subject, *modes in MEMORY:
        _add(saving, costs_of([with_mode(subject, mode) for mode in modes], rounds, prepare=None))
    title = "Memory that `checkpoint` and `chunked_reverse` save"
    yield Table(MEMORY_COLUMNS, [*memory_rows(saving.found)], title, saving.notes()), saving
    grown = costs_of(
        [Case("mvn", backend, mode, size) for backend in BACKENDS for mode in GROWTH_MODES for size in GROWTH_SIZES],
        rounds,
    )
    title = "Growth of the MVN log-density: the exponent of n"
    yield Table(GROWTH_COLUMNS, [*growth_rows(grown.found)], title, grown.notes()), grown


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print all tables; --write also stores them."""
    parser = argparse.ArgumentParser(prog="python -m tools.crossovers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each case; the default is 2")
    add_write_options(parser)
    options = parser.parse_args(arguments)
    on = options.on or f"one core of {processor()}"
    data: dict[str, Any] = measured_here(f"python -m tools.crossovers --rounds {options.rounds}", on)
    data |= {"note": "one thread, float64", "tables": [], "seconds": {}}
    for table, costs in measured(options.rounds):
        print(
            f"## {table.title}",
            "",
            *table.lines(),
            "",
            *(f"- {note}" for note in table.notes),
            "",
            sep="\n",
            flush=True,
        )
        data["tables"].append(table._asdict())
        data["seconds"] |= {str(case): cost.call for case, cost in costs.found.items()}
    print(caption(data))
    if options.write:
        store("modes", data)


if __name__ == "__main__":
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    pin_to_core(-1)
    main()
