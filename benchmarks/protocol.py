"""How a time is measured: several forked processes a cell, and of each batch of calls the shortest call of them all.

Interference on a shared machine only ever adds time, so the minimum resists it where a median does not; one process in
a dozen is slow from its start to its end, so several are needed. docs/method.md says what that gives, and
docs/decisions/how-a-time-is-measured.md why it is so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, zip_longest
from time import perf_counter

from benchmarks.clock import ReplayClock, best_call, fitting_clock, keep_freed_memory, pin_to_core
from benchmarks.processes import in_forked_process

#: Samples of a cell whose calls are short enough. With fewer than seven a side, the test by which `asv compare` and
#: `asv continuous` tell noise from change cannot call anything a change.
BATCHES = 7
#: Processes of a cell, while the time for the cell lasts; at least one.
PROCESSES = 6
#: Seconds of calls in one process.
PROCESS_SECONDS = 1.0
#: Seconds after which a cell gets no further process, and a process no further batch.
CELL_SECONDS = 12.0


def measure(make: Callable[[], Callable[[], object]], device: str = "cpu") -> list[float]:
    """Samples in seconds, each the shortest call in its batch of any process: BATCHES, or fewer of long calls.

    `make` returns the program in a forked process; a program is built, checked and warmed up before it is timed.
    `device` is where it runs, which decides by what clock it is timed.
    """
    best: list[float] = []
    deadline = perf_counter() + CELL_SECONDS
    # One after the other on every core: cores differ in who works beside them.
    for core in range(PROCESSES):
        batches = in_forked_process(partial(_best_of_each_batch, make, device, core))
        best = [min(pair) for pair in zip_longest(best, batches, fillvalue=math.inf)]
        if perf_counter() > deadline:
            break
    return best


def _best_of_each_batch(make: Callable[[], Callable[[], object]], device: str, core: int) -> list[float]:
    pin_to_core(core)
    keep_freed_memory()
    run = make()
    clock = fitting_clock(run, device)
    deadline = perf_counter() + CELL_SECONDS
    batches: list[float] = []
    while len(batches) < BATCHES and (not batches or perf_counter() < deadline):
        batches.append(best_call(run, PROCESS_SECONDS / BATCHES, clock))
    return batches


CLOCK = ReplayClock()


class Replayed:
    """A time benchmark of ASV whose samples have been measured by the time that ASV asks for them.

    `setup` hands them over with `take`: there a NotImplementedError is n/a to ASV. The timed method calls `replay`.
    """

    timeout = 120
    rounds = 1
    number = 1
    min_run_count = 1
    warmup_time = 0
    timer = CLOCK.now

    _samples: Iterator[float] | None = None

    def take(self, samples: Sequence[float]) -> None:
        """Have ASV ask for these samples. It calls `setup` before every one of them, and only the first call counts."""
        if self._samples is None:
            self.repeat = len(samples)
            self._samples = cycle(samples)

    def replay(self) -> None:
        """Move ASV's clock by the next sample."""
        assert self._samples is not None, "setup has taken the samples"
        CLOCK.advance(next(self._samples))
