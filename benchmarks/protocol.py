"""How a time is measured: several forked processes a cell, and of each batch of calls the shortest call of them all.

Interference on a shared machine only ever adds time, so the minimum resists it where a median does not; one process in
a dozen is slow from its start to its end, so several are needed. docs/method.md says what that gives, and
docs/decisions/how-a-time-is-measured.md why it is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from benchmarks.clock import ReplayClock, best_call, fitting_clock, keep_freed_memory, pin_to_core
from benchmarks.processes import in_forked_process

#: Samples of a cell. With fewer than seven a side, the test by which `asv compare` and `asv continuous` tell noise from
#: change cannot call anything a change.
BATCHES = 7
#: Processes of a cell, while the time for the cell lasts; at least one.
PROCESSES = 6
#: Seconds of calls in one process.
PROCESS_SECONDS = 1.0
#: Seconds after which a cell gets no further process.
CELL_SECONDS = 12.0


def measure(make: Callable[[], Callable[[], object]], clock: Callable[[], float] | None = None) -> list[float]:
    """BATCHES samples in seconds: each the shortest call in its batch of any process.

    `make` returns the program in a forked process; a program is built, checked and warmed up before it is timed.
    `clock` is the one to time by, or None for the one that fits the program and the number of threads.
    """
    best = [float("inf")] * BATCHES
    deadline = perf_counter() + CELL_SECONDS

    for index in range(PROCESSES):

        def batches(core: int = index) -> list[float]:
            # Cores differ in who works beside them.
            pin_to_core(core)
            keep_freed_memory()
            run = make()
            timer = clock or fitting_clock(run)
            return [best_call(run, PROCESS_SECONDS / BATCHES, timer) for _ in range(BATCHES)]

        best = [min(pair) for pair in zip(best, in_forked_process(batches), strict=True)]
        if perf_counter() > deadline:
            break
    return best


CLOCK = ReplayClock()


class Replayed:
    """A time benchmark of ASV whose samples have been measured by the time that ASV asks for them.

    `setup` sets `samples`: there a NotImplementedError is n/a to ASV. ASV calls it before every sample, so after the
    first call in a process it looks up and nothing else. The timed method calls `replay`.
    """

    timeout = 120
    rounds = 1
    repeat = BATCHES
    number = 1
    min_run_count = 1
    warmup_time = 0
    timer = CLOCK.now

    samples: Iterator[float]

    def replay(self) -> None:
        """Move ASV's clock by the next sample."""
        CLOCK.advance(next(self.samples))
