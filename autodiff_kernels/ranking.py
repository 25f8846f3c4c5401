"""Which gradient should I use here? Every backend and mode of one problem at one size, measured now and ranked.

Each is measured in a fresh process, so that compiling starts from nothing and a peak of memory is its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from autodiff_kernels.cases import Case
from autodiff_kernels.memory import PeakGauge
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.programs import build, import_backend
from autodiff_kernels.support import is_slow, why_unsupported


@dataclass(frozen=True)
class Cost:
    """What one case costs: seconds of the shortest call, seconds up to the first result, bytes, relative error."""

    case: Case
    call: float
    making: float
    peak_bytes: int | None
    error: float


def candidates(problem: str, size: int, dtype: str, formulation: str, backends: Sequence[str]) -> list[Case]:
    """All gradients to choose from, with the objective of each backend, whether they run or not. Raises InvalidCase."""
    return [
        Case(problem, backend, mode, size, dtype=dtype, formulation=formulation)
        for backend in backends
        for mode in MODES
        if mode in BACKENDS[backend].modes and not MODES[mode].is_second_order
    ]


def why_left_out(case: Case) -> str | None:
    """Why a case is not measured here, or None."""
    return why_unsupported(case) or ("one call takes seconds to a minute" if is_slow(case) else None)


def measure(
    cases: Sequence[Case],
    seconds: float,
    tell: Callable[[int, Case], None],
    *,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Cost | str]:
    """The cost of each case, or why it has none.

    `tell` is called with the number and the case before each, and `prepare` in its process before anything else.
    """
    for number, case in enumerate(cases, 1):
        tell(number, case)
        # One process after the other, and none that has run another case.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=prepare) as pool:
            try:
                yield pool.submit(cost_of, case, seconds).result()
            except BrokenProcessPool:
                yield "its process ended without an answer: it crashed, or memory ran out"
            except (ArithmeticError, NotImplementedError, MemoryError, np.linalg.LinAlgError) as error:
                yield str(error).removeprefix(f"{case}: ")


def cost_of(case: Case, seconds: float) -> Cost:
    """Build, check and time one case in this process, for so many seconds of calls, at least two."""
    import_backend(case)  # and not the oracle, whose freed memory the program would use again
    gauge = PeakGauge()
    program = build(case, clock=gauge.clock)
    best, deadline = math.inf, time.perf_counter() + seconds
    calls = 0
    while calls < 2 or time.perf_counter() < deadline:
        start = time.perf_counter()
        program.run()
        best = min(best, time.perf_counter() - start)
        calls += 1
    return Cost(case, best, sum(program.seconds.values()), gauge.peak_bytes, program.error)


def calls_that_pay(cost: Cost, costs: Sequence[Cost]) -> float:
    """Calls from which `cost`, with its making, is cheaper than what is cheapest for one call; infinity for never."""
    cheapest = min(costs, key=lambda one: one.making)  # in which the first call is
    if cost is cheapest:
        return 1
    gain = cheapest.call - cost.call
    return 1 + math.ceil((cost.making - cheapest.making) / gain) if gain > 0 else math.inf


def table(costs: Sequence[Cost], duration: Callable[[float], str]) -> list[str]:
    """A row for each gradient, fastest first."""
    objectives = {cost.case.backend: cost.call for cost in costs if cost.case.mode == "value"}
    explicit = {cost.case.backend: cost.call for cost in costs if cost.case.mode == "explicit"}
    gradients = sorted((cost for cost in costs if cost.case.mode != "value"), key=lambda cost: cost.call)
    header = ("", "gradient", "time", "× objective", "× explicit", "memory", "before", "error", "pays after")
    rows = [
        (
            str(rank),
            f"{cost.case.backend} {cost.case.mode.replace('_', ' ')}",
            duration(cost.call),
            _ratio(cost.call, objectives.get(cost.case.backend)),
            _ratio(cost.call, explicit.get(cost.case.backend)),
            "" if cost.peak_bytes is None else f"{cost.peak_bytes / 1e6:,.1f} MB",
            duration(cost.making),
            f"{cost.error:.0e}",
            _calls(calls_that_pay(cost, gradients)),
        )
        for rank, cost in enumerate(gradients, 1)
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        name, *numbers = (
            text.ljust(width) if index == 1 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join((name, *numbers)).rstrip()

    return [line(header), *map(line, rows)]


def _ratio(value: float, denominator: float | None) -> str:
    return f"{value / denominator:.2f}" if denominator else ""


def _calls(number: float) -> str:
    if number == 1:
        return "one call"
    return f"{number:,.0f} calls" if math.isfinite(number) else "never"
