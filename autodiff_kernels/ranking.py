"""Which gradient is fastest here? Every backend and mode of one problem at one size, measured now and ranked.

Each gradient is measured in a fresh process, so compilation starts with cold caches and the peak memory belongs to one
gradient only.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autodiff_kernels.budgets import is_slow
from autodiff_kernels.cases import Case
from autodiff_kernels.checking import check
from autodiff_kernels.fresh_process import NoAnswer, in_fresh_process
from autodiff_kernels.inputs import measured_inputs
from autodiff_kernels.memory import PeakGauge
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.programs import first_call, import_backend, prepare
from autodiff_kernels.support import why_unsupported
from autodiff_kernels.terminal import duration, wrapped
from autodiff_kernels.timing import best_of_calls

#: Gradients whose times differ by at most this fraction share a rank: it is the noise of one short measurement.
TIE = 0.05
#: Modes that are ranked: all that return the first derivative.
RANKED_MODES = tuple(mode.name for mode in MODES.values() if mode.result == "derivative")
#: Median seconds that a fresh process takes to start and build: from 1 s for `rbf` to 2 s for `mvn`, n = 1000.
START_SECONDS = 1.5


@dataclass(frozen=True)
class Cost:
    """The cost of one case: seconds of the shortest call and of the build, peak memory in bytes, and relative error.

    The build time includes the first call.
    """

    case: Case
    call: float
    build_time: float
    peak_bytes: int | None
    error: float


def candidates(
    problem: str, size: int, dtype: str, formulation: str, backends: Sequence[str], modes: Sequence[str] = ()
) -> list[Case]:
    """The objective and the gradients of each backend, in all its modes or in `modes`, whether they can run or not.

    Raises InvalidCase for an unknown name or a value out of range.
    """
    return [
        Case(problem, backend, mode, size, dtype=dtype, formulation=formulation)
        for backend in dict.fromkeys(backends)
        for mode in ("value", *dict.fromkeys(modes or RANKED_MODES))
        if mode in modes or mode in BACKENDS[backend].modes
    ]


def why_left_out(case: Case) -> str | None:
    """The reason why a case is not measured here, or None."""
    return why_unsupported(case) or ("one call takes seconds to a minute" if is_slow(case) else None)


def predicted_seconds(count: int, seconds: float) -> float:
    """Roughly how long `measure` takes for `count` cases."""
    return count * (START_SECONDS + seconds)


def measure(
    cases: Sequence[Case],
    seconds: float,
    tell: Callable[[int, Case], None],
    *,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Cost | str]:
    """The cost of each case, or the reason why it has none.

    Before each case `tell` receives its number and the case. `prepare` runs first in the process of each case.
    """
    for number, case in enumerate(cases, 1):
        tell(number, case)
        try:
            yield in_fresh_process(cost_of, case, seconds, prepare=prepare)
        except NoAnswer:
            yield "its process ended without a result: it crashed, or memory ran out"
        except (ArithmeticError, NotImplementedError, MemoryError, np.linalg.LinAlgError) as error:
            yield str(error).removeprefix(f"{case}: ")


def cost_of(case: Case, seconds: float) -> Cost:
    """Prepare, run, check and time one case in this process. Calls are repeated for `seconds`, at least twice."""
    import_backend(case)  # not `preload`: the program would reuse the memory that the oracle frees
    gauge = PeakGauge()
    inputs = measured_inputs(case)
    prepared = prepare(case, inputs)
    start = time.perf_counter()
    result = first_call(prepared, case, inputs)
    seconds_of_first = time.perf_counter() - start
    peak = gauge.peak_bytes()  # before the check, whose memory does not belong to the program
    error = check(result, case, inputs)
    best = best_of_calls(prepared.run, seconds, least=2).seconds
    return Cost(case, best, sum(prepared.seconds.values()) + seconds_of_first, peak, error)


def break_even_calls(cost: Cost, costs: Sequence[Cost]) -> float:
    """The number of calls from which `cost` takes less time in total than the gradient that is cheapest for one call.

    Infinity if it never does.
    """
    cheapest = min(costs, key=lambda one: one.build_time)  # a build time includes the first call
    if cost is cheapest:
        return 1
    gain = cheapest.call - cost.call
    return 1 + math.ceil((cost.build_time - cheapest.build_time) / gain) if gain > 0 else math.inf


def ranks(times: Sequence[float]) -> list[int]:
    """The rank of each of the ascending `times`. Times within TIE of the first of a group share its rank."""
    first, found = 0, []
    for position, time_of_call in enumerate(times):
        if time_of_call > times[first] * (1 + TIE):
            first = position
        found.append(first + 1)
    return found


_HEADERS = (
    ("", "", "", "×", "×", "", "build", "", "break-even"),
    ("", "gradient", "time", "objective", "explicit", "memory", "time", "error", "calls"),
)


def table(costs: Sequence[Cost]) -> list[str]:
    """Two header lines, then a row for each gradient, fastest first."""
    objectives = {cost.case.backend: cost.call for cost in costs if cost.case.mode == "value"}
    explicit = {cost.case.backend: cost.call for cost in costs if cost.case.mode == "explicit"}
    gradients = sorted((cost for cost in costs if cost.case.mode != "value"), key=lambda cost: cost.call)
    rows = [
        (
            str(rank),
            f"{cost.case.backend} {cost.case.mode.replace('_', ' ')}",
            duration(cost.call),
            _ratio(cost.call, objectives.get(cost.case.backend)),
            _ratio(cost.call, explicit.get(cost.case.backend)),
            "" if cost.peak_bytes is None else f"{cost.peak_bytes / 1e6:,.1f} MB",
            duration(cost.build_time),
            f"{cost.error:.0e}",
            _calls(break_even_calls(cost, gradients)),
        )
        for rank, cost in zip(ranks([cost.call for cost in gradients]), gradients, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*_HEADERS, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        texts = (
            text.ljust(width) if index == 1 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(texts).rstrip()

    return [line(row) for row in (*_HEADERS, *rows)]


def legend() -> list[str]:
    """The meaning of each column of the table."""
    return [
        line
        for text in (
            f"rank: gradients share a rank if they take at most {TIE:.0%} longer than the fastest of them",
            "time: the shortest call",
            "memory: the peak during the build and the first call",
            "build time: tracing, lowering, compiling and the first call",
            "error: the largest relative error against the float64 oracle",
            "break-even calls: from this many calls on, cheaper in total than the gradient with the shortest build",
            "× objective, × explicit: time divided by that of the backend's objective or explicit gradient",
            f"wall-clock times, one case after the other{_load()}: measure again before you trust a small difference",
        )
        for line in wrapped(text, indent="  ")
    ]


def _load() -> str:
    """The load of this machine, if the system reports it."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f" (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"


def _ratio(value: float, denominator: float | None) -> str:
    return f"{value / denominator:.2f}" if denominator else ""


def _calls(number: float) -> str:
    return f"{number:,.0f}" if math.isfinite(number) else "never"
