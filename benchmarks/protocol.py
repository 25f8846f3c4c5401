"""How a time is measured: one forked process in each of several rounds, and the second shortest of their times.

Interference on a shared machine mostly adds time, so the shortest times resist it and the median does not. The shortest
of all does not resist a moment in which the machine is faster than usual. Interference lasts for seconds to minutes, so
a cell has many short processes, far apart: each round of ASV visits all cells of a run. docs/understand/method.md gives
the repeatability, docs/decisions/how-a-time-is-measured.md the reasons.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from typing import Any

from benchmarks.clock import ReplayClock, fitting_clock, keep_freed_memory, pin_to_core, undisturbed_call
from benchmarks.processes import in_forked_process
from benchmarks.records import Recorded, updated

#: The number of times that ASV goes through the cells of a run; each time, a cell has one process. `asv compare` and
#: `asv continuous` test whether a difference is noise: with fewer than seven samples for each commit, their test never
#: reports a change.
ROUNDS = 8
#: A run may end after two or four rounds instead, if its values are only compared. In these rounds the benchmark gives
#: ASV more samples than in all rounds before, so that their median is the statistic of all rounds.
SAMPLES = {2: 2, 4: 5}
#: How often the last round gives its samples, which have to outvote those before.
REPEATS = 4
#: Seconds of calls in one process. A longer call runs once.
PROCESS_SECONDS = 0.5


def samples_of_round(name: str, make: Callable[[], Callable[[], object]]) -> list[float]:
    """The samples in seconds that this round of the cell `name` gives to ASV; see `samples`.

    The forked process calls `make`, which builds, checks and warms up the program before it is timed.
    """

    def with_this_round(earlier: list[list[float]] | None) -> list[list[float]]:
        before = earlier or []
        # Rounds alternate between the cores, whose background load differs.
        return [*before, [in_forked_process(partial(_time_of_process, make, len(before)))]]

    return samples(updated(name, with_this_round))


def second_shortest(times: Sequence[float]) -> float:
    """The second shortest time of more than half of ROUNDS processes, the shortest of fewer.

    Both have about one fifth of all times below them, so values from half of the rounds can be compared with others.
    """
    return sorted(times)[len(times) > ROUNDS // 2]


def samples(
    rounds: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float] = second_shortest
) -> list[float]:
    """The samples that this round gives to ASV, computed from the measurements of all rounds so far.

    ASV needs samples in every round, pools them and stores their median. That median must be the statistic of all
    measurements. So the last round gives one sample for each round: the statistic of all other rounds. For the second
    shortest time, six of these eight samples are that of all rounds.
    """
    _tell(statistic(rounds[-1]))
    if len(rounds) < ROUNDS:
        return SAMPLES.get(len(rounds), 1) * [statistic(list(chain(*rounds)))]
    return REPEATS * [statistic(list(chain(*rounds[:k], *rounds[k + 1 :]))) for k in range(ROUNDS)]


def _tell(value: float) -> None:
    """Tell asv-verdict, if it runs ASV, the value of this round alone: a night compares rounds of two commits."""
    if path := os.environ.get("ASV_VERDICT_VALUE_FILE"):
        Path(path).write_text(json.dumps(value), encoding="utf-8")


def _time_of_process(make: Callable[[], Callable[[], object]], core: int) -> float:
    pin_to_core(core)
    keep_freed_memory()
    run = make()
    return undisturbed_call(run, PROCESS_SECONDS, fitting_clock(run))


def rounds_so_far(name: str, asker: str | None, measure: Callable[[int], Any]) -> list[Any]:
    """The results of `measure` in each round so far, shared by several benchmarks of a run.

    `asker` names the benchmark that asks. The first one in a round triggers the measurement; `measure` gets the number
    of the round. The others read the record. Without an `asker`, the record is read; if there is none yet, the cell is
    measured.
    """

    def with_this_round(earlier: dict[str, Any] | None) -> dict[str, Any]:
        record = earlier or {"rounds": [], "asked": {}}
        # An asker that has already read the newest round starts the next one.
        if not record["rounds"] or (asker and record["asked"].get(asker, 0) == len(record["rounds"])):
            record["rounds"].append(measure(len(record["rounds"])))
        if asker:
            record["asked"][asker] = len(record["rounds"])
        return record

    rounds: list[Any] = updated(name, with_this_round)["rounds"]
    return rounds


CLOCK = ReplayClock()


class Replayed(Recorded):
    """A time benchmark of ASV that replays samples which its `setup` has measured.

    `setup` passes the samples to `take`; ASV shows a NotImplementedError in `setup` as n/a. The timed method calls
    `replay`.
    """

    timeout = 120
    rounds = ROUNDS
    number = 1
    min_run_count = 1
    warmup_time = 0
    timer = CLOCK.now

    _samples: Iterator[float] | None = None

    def take(self, samples: Sequence[float]) -> None:
        """Set the samples that ASV will ask for. ASV calls `setup` before each sample; only the first call counts."""
        if self._samples is None:
            self.repeat = len(samples)
            self._samples = cycle(samples)

    def replay(self) -> None:
        """Advance ASV's clock by the next sample."""
        assert self._samples is not None, "setup calls take before replay"
        CLOCK.advance(next(self._samples))
