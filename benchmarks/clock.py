"""Clocks and cores. They belong to the benchmarks, so every commit is measured with today's clock."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable
from time import perf_counter, process_time

#: Seconds. On one core with one thread, calls of at least this length are timed by processor time: the scheduler
#: interrupts nearly every long call, and processor time excludes interruptions. Enough of the many short calls run
#: undisturbed, and reading the processor clock would add 0.4 µs to each.
PROCESSOR_TIME_FROM = 1e-3
#: The slices of the time of a process, each with its shortest call.
SLICES = 20
#: The cores that this process may use.
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


class ReplayClock:
    """A timer for ASV that replays times that the protocol has measured.

    ASV takes the difference between two readings of `now` as its sample. Between them, `advance` adds the time that
    the protocol measured.
    """

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> float:
        """The seconds by which the clock has advanced."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self._elapsed += seconds


def best_call(
    run: Callable[[], object],
    seconds: float,
    clock: Callable[[], float] = perf_counter,
    wall: Callable[[], float] = perf_counter,
) -> float:
    """Call `run` for `seconds` of wall time, at least once; return the seconds of the shortest call by `clock`."""
    best = math.inf
    deadline = wall() + seconds
    while True:
        start = clock()
        run()
        best = min(best, clock() - start)
        if wall() >= deadline:
            return best


def undisturbed_call(
    run: Callable[[], object],
    seconds: float,
    clock: Callable[[], float] = perf_counter,
    wall: Callable[[], float] = perf_counter,
) -> float:
    """Call `run` for `seconds` of wall time, at least once; return the seconds of a call that nothing disturbed.

    That is the lower quartile of the shortest calls in SLICES consecutive slices of the time. Most of what happens on a
    shared machine makes a call slower. But where another virtual machine nearly always uses the same core, it makes a
    few calls faster that it is idle, and the shortest call of all would be one of these by luck.
    """
    deadline = wall() + seconds
    shortest = [best_call(run, seconds / SLICES, clock, wall)]
    while wall() < deadline:
        shortest.append(best_call(run, seconds / SLICES, clock, wall))
    return sorted(shortest)[len(shortest) // 4]


def fitting_clock(run: Callable[[], object], device: str = "cpu") -> Callable[[], float]:
    """Processor time for a long program on one core, wall time for any other."""
    return clock_of_work(device) if best_call(run, 0.02) >= PROCESSOR_TIME_FROM else perf_counter


def clock_of_work(device: str = "cpu") -> Callable[[], float]:
    """Processor time if one core does all the work; wall time if several threads or a GPU take part."""
    return process_time if device == "cpu" and one_thread() else perf_counter


def one_thread() -> bool:
    """Whether the suite measures on one core with one thread (the default) or with all cores."""
    return os.environ.get("OMP_NUM_THREADS") == "1"


def pin_to_core(index: int) -> None:
    """Pin this process to one of its cores: number `index`, modulo their count; -1 is the last.

    Call this before a backend starts, so that its thread pools have one thread. NumPy's BLAS has created its threads
    by then; asv.conf.json limits it to one. Systems without affinity run unpinned.
    """
    if one_thread() and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {CORES[index % len(CORES)]})


def keep_freed_memory() -> None:
    """Have the C library keep freed memory instead of returning it to the system; glibc only, no effect elsewhere.

    Returned memory costs one page fault for each page when it is used again. The C library returns an array of about
    100 KiB or keeps it, depending on the heap above it. The same NumPy kernel took 200 µs in one process and 620 to
    1050 µs in others (docs/decisions/how-a-time-is-measured.md).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_max, 0)
