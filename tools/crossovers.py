"""Which mode is best for which shape, and how does the cost grow? `python -m tools.crossovers` prints it as Markdown.

Each case is measured in a fresh process, all of a shape in turn, to and fro.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from asv_verdict.machine import processor
from autodiff_kernels import BACKENDS, MODES, PROBLEMS, Case
from autodiff_kernels.ranking import Cost, candidates, measure, why_left_out
from autodiff_kernels.support import declared
from benchmarks.clock import keep_freed_memory, pin_to_core
from tools.table import duration

#: Problems whose shape decides which mode is best, and how a shape is written; and a shape of several curves.
SHAPES = {
    "ard": "d = {p}",
    "decays": "{m:,} × {p:,}",
    "timeline": "{curve}, {m:,} × {p}",
    "gp_fit": "n = {size}",
    "survival_fit": "n = {size}",
}
TIMELINE_SIZE = 40_000
#: Modes that are there to save memory, beside the one whose memory they save.
MEMORY = (
    ("covariance/jax/n=2000", "reverse", "checkpoint"),
    ("covariance/autograd/n=2000", "reverse", "checkpoint"),
    ("mvn/jax/n=2000", "reverse", "checkpoint"),
    ("mvn/autograd/n=2000", "reverse", "checkpoint"),
    ("decays/jax/m=2000", "reverse", "chunked_reverse"),
    ("timeline/jax/m=2000", "reverse", "chunked_reverse"),
)
#: Sizes between which the growth of `mvn` is taken, and the modes.
GROWTH_SIZES = (500, 1000, 2000)
GROWTH_MODES = ("value", "explicit", "custom_rule", "reverse")
#: Of calls, in each round.
SECONDS = 1.0


class Costs(NamedTuple):
    """What was measured, and why something else was not."""

    found: dict[Case, Cost]
    missing: dict[Case, str]

    def lines(self) -> Iterator[str]:
        """What is missing, by its reason; not what the support matrix is for: what a backend does not have."""
        by_reason: dict[str, list[Case]] = {}
        for case, reason in self.missing.items():
            rule = declared(case)
            if rule is None or rule.fails == "budget":
                by_reason.setdefault(reason, []).append(case)
        if by_reason:
            yield ""
            yield from (f"- Not measured: {', '.join(map(str, cases))}: {why}." for why, cases in by_reason.items())


def costs_of(cases: Sequence[Case], rounds: int, prepare: Callable[[], None] | None = keep_freed_memory) -> Costs:
    """The cost of each case that runs: the cheapest of its rounds, in a process that is prepared as the suite's are."""
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


def crossover_lines(problem: str, found: dict[Case, Cost]) -> Iterator[str]:
    """A row for each shape and backend: the best automatic mode, its cost and its passes, and those of the others."""
    yield "| shape | backend | best | time | over the objective | over explicit | passes | others, over the objective |"
    yield "|---|---|---|---|---|---|---|---|"
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
            yield (
                f"| {shape} | {backend} | {_name(case.mode)} | {duration(best.call)} | {_over(best, objective)} | "
                f"{_over(best, explicit)} | {passes(case)} | {others} |"
            )


def _over(cost: Cost, other: Cost | None, form: str = ".2f") -> str:
    return f"{cost.call / other.call:{form}}" if other else "—"


def passes(case: Case) -> str:
    """What theory predicts, in words."""
    counted = MODES[case.mode].passes(case.parameter_count, case.output_count)
    return " + ".join(f"{count:,} {kind}" for kind, count in counted._asdict().items() if count)


def _with_mode(subject: str, mode: str) -> Case:
    problem, backend, size = subject.split("/")
    return Case.parse(f"{problem}/{backend}/{mode}/{size}")


def _name(mode: str) -> str:
    return mode.replace("_", " ")


def memory_lines(found: dict[Case, Cost]) -> Iterator[str]:
    """What a mode that saves memory takes of it and of time, beside the other."""
    yield "| | mode | time | peak of memory |"
    yield "|---|---|---|---|"
    for case, cost in found.items():
        subject = str(case).replace(f"/{case.mode}/", "/")
        memory = "" if cost.peak_bytes is None else f"{cost.peak_bytes / 1e6:,.0f} MB"
        yield f"| {subject} | {_name(case.mode)} | {1e3 * cost.call:.3g} ms | {memory} |"


def growth_lines(found: dict[Case, Cost]) -> Iterator[str]:
    """The exponent of n by which the cost of `mvn` grows, from each size to the next and over all."""
    spans = [*pairwise(GROWTH_SIZES), (GROWTH_SIZES[0], GROWTH_SIZES[-1])]
    yield "| | " + " | ".join(f"{small} to {large}" for small, large in spans) + " |"
    yield "|---" * (len(spans) + 1) + "|"
    for backend in BACKENDS:
        for mode in GROWTH_MODES:
            seconds = {
                case.size: cost.call for case, cost in found.items() if (case.backend, case.mode) == (backend, mode)
            }
            exponents = [exponent(seconds, *span) for span in spans]
            yield (
                f"| {backend} {_name(mode)} | " + " | ".join("—" if e is None else f"{e:.2f}" for e in exponents) + " |"
            )


def exponent(seconds: dict[int, float], small: int, large: int) -> float | None:
    """log(t / t′) / log(n / n′), or None where one of the two was not measured."""
    if small not in seconds or large not in seconds:
        return None
    return math.log(seconds[large] / seconds[small]) / math.log(large / small)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print all of it."""
    parser = argparse.ArgumentParser(prog="python -m tools.crossovers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args(arguments).rounds

    def show(*lines: str) -> None:
        print(*lines, sep="\n", flush=True)

    show("# Where the modes cross", "")
    show(f"{processor()}, one core, one thread, float64, {datetime.now(UTC).date()}, by", "")
    show(f"    python -m tools.crossovers --rounds {rounds}", "")
    show("Ratios but for memory are of the shortest call in processes that keep what is freed, as the suite's do.")
    show("Passes are what theory asks of the mode.", "")
    for problem in SHAPES:
        definition = PROBLEMS[problem]
        costs = Costs({}, {})
        for formulation, form in definition.formulations.items():
            for size in form.sizes if problem != "timeline" else (TIMELINE_SIZE,):
                _add(costs, costs_of(candidates(problem, size, "float64", formulation, list(BACKENDS)), rounds))
        show(f"## `{problem}`: {definition.summary}", "", *crossover_lines(problem, costs.found), *costs.lines(), "")
    saving = Costs({}, {})
    for subject, *modes in MEMORY:
        _add(saving, costs_of([_with_mode(subject, mode) for mode in modes], rounds, prepare=None))
    show("## What modes save of memory", "", *memory_lines(saving.found), *saving.lines(), "")
    grown = costs_of(
        [Case("mvn", backend, mode, size) for backend in BACKENDS for mode in GROWTH_MODES for size in GROWTH_SIZES],
        rounds,
    )
    show("## How `mvn` grows: the exponent of n", "", *growth_lines(grown.found), *grown.lines())


if __name__ == "__main__":
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    pin_to_core(-1)
    main()
