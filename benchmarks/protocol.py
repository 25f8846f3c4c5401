"""How a time is measured: a forked process in each of several rounds, and of each batch of calls the shortest.

Interference on a shared machine only ever adds time, so the minimum resists it where a median does not. It lasts for
seconds to minutes, so the processes of a cell lie far apart: ASV's rounds go over all cells of a run, one after the
other. docs/method.md says what that gives, and docs/decisions/how-a-time-is-measured.md why it is so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, zip_longest
from statistics import median
from typing import Any

from benchmarks.clock import ReplayClock, best_of_each_batch, fitting_clock, keep_freed_memory, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.records import Recorded, updated

#: Rounds of ASV over the cells of a run; a cell has one process in each.
ROUNDS = 4
#: Seconds of calls in one process.
PROCESS_SECONDS = 1.5
#: Batches in one process, each of which makes a sample. With fewer than seven a side, the test by which `asv compare`
#: and `asv continuous` tell noise from change cannot call anything a change.
BATCHES = 7
#: Seconds after which a process makes no further call, though its calls are too long to give every batch one.
LONGEST_SECONDS = 4.0


def samples_of_round(name: str, make: Callable[[], Callable[[], object]], device: str = "cpu") -> list[float]:
    """What this round of a cell tells ASV, in seconds: in the last round, for each batch the best of all rounds.

    `name` is the cell's. `make` returns the program in a forked process; a program is built, checked and warmed up
    before it is timed. `device` is where it runs, which decides by what clock it is timed. ASV pools the samples of all
    rounds and wants some in each, so a round that is not the last gives a single one, which those of the last outvote.
    """

    def with_this_round(earlier: dict[str, Any] | None) -> dict[str, Any]:
        before = earlier or {"rounds": 0, "best": []}
        # Rounds take turns on the cores, which differ in who works beside them.
        batches = in_forked_process(partial(_measured, make, device, before["rounds"]))
        best = [min(pair) for pair in zip_longest(before["best"], batches, fillvalue=math.inf)]
        return {"rounds": before["rounds"] + 1, "best": best}

    left = updated(name, with_this_round)
    best: list[float] = left["best"]
    return best if left["rounds"] == ROUNDS else [median(best)]


def _measured(make: Callable[[], Callable[[], object]], device: str, core: int) -> list[float]:
    """For each of BATCHES, or fewer of long calls, the shortest call."""
    pin_to_core(core)
    keep_freed_memory()
    run = make()
    return best_of_each_batch(run, BATCHES, PROCESS_SECONDS, LONGEST_SECONDS, fitting_clock(run, device))


CLOCK = ReplayClock()


class Replayed(Recorded):
    """A time benchmark of ASV whose samples have been measured by the time that ASV asks for them.

    `setup` hands them over with `take`: there a NotImplementedError is n/a to ASV. The timed method calls `replay`.
    """

    timeout = 120
    rounds = ROUNDS
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
