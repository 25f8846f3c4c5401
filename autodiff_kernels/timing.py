"""The best of many calls, for the command line; benchmarks/clock.py has the clock of the suite."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Best(NamedTuple):
    """The seconds of the shortest call, the number of calls, and the result of the last one."""

    seconds: float
    calls: int
    result: Any


def best_of_calls(run: Callable[[], Any], seconds: float, least: int = 1) -> Best:
    """Call `run` for `seconds`, and at least `least` times."""
    best, calls, result = math.inf, 0, None
    deadline = time.perf_counter() + seconds
    while calls < least or time.perf_counter() < deadline:
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
        calls += 1
    return Best(best, calls, result)
