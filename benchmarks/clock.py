"""The clock of the suite. It lives here and not in the package, so old commits are measured by today's."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from time import perf_counter


class BestCallClock:
    """A timer for ASV that moves only by the shortest call of a batch.

    ASV's sample is the difference of two readings of `now`. Between them `measure` calls a program again and again
    and moves the clock by the best call, so a sample is one undisturbed call, in ASV's own units and statistics.
    Interference on a shared machine only ever adds time; the minimum resists it where a median does not.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._elapsed = 0.0

    def now(self) -> float:
        """Seconds of best calls so far."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock by a time that was measured elsewhere."""
        self._elapsed += seconds

    def measure(self, run: Callable[[], object]) -> None:
        """Move the clock by the shortest call of `run`: as many calls as the budget takes, and at least one."""
        clock = self._clock
        best = math.inf
        deadline = clock() + self._seconds
        while True:
            start = clock()
            run()
            stop = clock()
            best = min(best, stop - start)
            if stop >= deadline:
                break
        self.advance(best)


_pinned = False


def pin_to_one_core() -> None:
    """Keep this process on one core, once; before a backend is imported, so that its thread pools have one thread.

    The last core allowed is taken: the first ones serve most interrupts. Systems without affinity run unpinned. NumPy's
    BLAS has made its threads by now; asv.conf.json limits it to one.
    """
    global _pinned
    if not _pinned and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    _pinned = True
