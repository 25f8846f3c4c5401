"""Clocks and cores. They live here and not in the package, so old commits are measured by today's."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable
from time import perf_counter, process_time

#: Calls longer than this are timed by the processor time of the process, where it has one core to itself.
#: An interrupted call below it has many undisturbed neighbours, and reading that clock costs 0.4 µs; above it the
#: scheduler takes its share of nearly every call, which processor time leaves out.
PROCESSOR_TIME_FROM = 1e-3
#: The cores that this process was given.
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


class ReplayClock:
    """A timer for ASV that moves only by times that were measured before.

    ASV's sample is the difference of two readings of `now`, so with `advance` between them a sample is what the
    protocol measured, in ASV's own units and statistics.
    """

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> float:
        """Seconds by which the clock was advanced so far."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._elapsed += seconds


def best_call(
    run: Callable[[], object],
    seconds: float,
    clock: Callable[[], float] = perf_counter,
    wall: Callable[[], float] = perf_counter,
) -> float:
    """Seconds by `clock` of the shortest call of `run`, of as many as `seconds` of wall time take and at least one."""
    best = math.inf
    deadline = wall() + seconds
    while True:
        start = clock()
        run()
        best = min(best, clock() - start)
        if wall() >= deadline:
            return best


def fitting_clock(run: Callable[[], object], device: str = "cpu") -> Callable[[], float]:
    """Processor time for a program that is long and has one core, wall time for any other."""
    return clock_of_work(device) if best_call(run, 0.02) >= PROCESSOR_TIME_FROM else perf_counter


def clock_of_work(device: str = "cpu") -> Callable[[], float]:
    """Processor time where one core does everything; wall time where several threads or a GPU have their share."""
    return process_time if device == "cpu" and one_thread() else perf_counter


def one_thread() -> bool:
    """Whether the suite measures on one core with one thread, its default, or with all of them."""
    return os.environ.get("OMP_NUM_THREADS") == "1"


def pin_to_core(index: int) -> None:
    """Keep this process on the index-th of its cores, modulo their number; the last for -1.

    To be called before a backend is started, so that its thread pools have one thread. NumPy's BLAS has made its
    threads by then; asv.conf.json limits it to one. Systems without affinity run unpinned.
    """
    if one_thread() and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {CORES[index % len(CORES)]})


def keep_freed_memory() -> None:
    """Let the C library keep what is freed instead of returning it to the system; glibc only, elsewhere no change.

    Returned memory comes back a page fault at a time. Whether an array of some 100 KiB is returned depends on what lies
    above it on the heap, so the same NumPy kernel took 200 µs or 620 to 1050 µs from one process to the next
    (docs/decisions/how-a-time-is-measured.md).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_max, 0)
