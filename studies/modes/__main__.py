"""Find the best mode for each shape of a problem, and how the cost grows with the size. Print Markdown.

Each case has its own process, and the cases of a shape take turns. The command uses one core. It measures
everything itself and reads no results of ASV.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from asv_verdict import processor
from autodiff_kernels import BACKENDS, PROBLEMS, Case
from autodiff_kernels.ranking import Cost, candidates, measure, why_left_out
from autodiff_kernels.support import declared
from benchmarks.clock import keep_freed_memory, pin_to_core
from studies.documents import Table, add_write_options, caption, measured_here, store
from studies.modes.tables import (
    COLUMNS,
    GROWTH_COLUMNS,
    GROWTH_MODES,
    GROWTH_SIZES,
    MEMORY,
    MEMORY_COLUMNS,
    NAMES,
    SHAPES,
    crossover_rows,
    growth_rows,
    memory_rows,
    sizes,
)
from studies.one_thread import use_one_thread

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


def with_mode(subject: str, mode: str) -> Case:
    problem, backend, size = subject.split("/")
    return Case.parse(f"{problem}/{backend}/{mode}/{size}")


def measured(rounds: int) -> Iterator[tuple[Table, Costs]]:
    """Yield each table with its costs as soon as it is measured."""
    for problem in SHAPES:
        costs = Costs({}, {})
        for formulation, size in sizes(problem):
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
    parser = argparse.ArgumentParser(prog="python -m studies.modes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each case; the default is 2")
    add_write_options(parser)
    options = parser.parse_args(arguments)
    on = options.on or f"one core of {processor()}"
    data: dict[str, Any] = measured_here(f"python -m studies.modes --rounds {options.rounds}", on)
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
    use_one_thread()
    pin_to_core(-1)
    main()
