"""How a time is measured: a forked process in each of several rounds, and of all calls the shortest.

Interference on a shared machine only ever adds time, so the minimum resists it where a median does not. It lasts for
seconds to minutes, so the processes of a cell are many, short and far apart: ASV's rounds go over all cells of a run,
one after the other. docs/understand/method.md says what that gives, and docs/decisions/how-a-time-is-measured.md why it is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, cycle
from typing import Any

from benchmarks.clock import ReplayClock, best_call, fitting_clock, keep_freed_memory, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.records import Recorded, updated

#: Rounds of ASV over the cells of a run; a cell has one process in each. With fewer than seven samples a side, the test
#: by which `asv compare` and `asv continuous` tell noise from change cannot call anything a change.
ROUNDS = 8
#: Seconds of calls in one process; one call at least, however long.
PROCESS_SECONDS = 1.0


def samples_of_round(name: str, make: Callable[[], Callable[[], object]]) -> list[float]:
    """What this round of a cell tells ASV, in seconds; see `samples`.

    `name` is the cell's. `make` returns the program in a forked process; a program is built, checked and warmed up
    before it is timed.
    """

    def with_this_round(earlier: list[list[float]] | None) -> list[list[float]]:
        before = earlier or []
        # Rounds take turns on the cores, which differ in who works beside them.
        return [*before, [in_forked_process(partial(_shortest_call, make, len(before)))]]

    return samples(updated(name, with_this_round))


def samples(rounds: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float] = min) -> list[float]:
    """The samples that a round gives to ASV, from what was measured in each round so far.

    ASV pools the samples of all rounds, wants some in each and stores their median, which is to be the statistic of all
    that was measured. So the last round gives, for each round, the statistic without it: as many as there are rounds,
    of which for the minimum all but one are that of all; and twice, to outvote the samples of the rounds before. The
    second round gives two, so that a run of two rounds, with which a suspicion is confirmed, stores that of both.
    """
    if len(rounds) < ROUNDS:
        return (2 if len(rounds) == 2 else 1) * [statistic(list(chain(*rounds)))]
    return 2 * [statistic(list(chain(*rounds[:k], *rounds[k + 1 :]))) for k in range(ROUNDS)]


def _shortest_call(make: Callable[[], Callable[[], object]], core: int) -> float:
    pin_to_core(core)
    keep_freed_memory()
    run = make()
    return best_call(run, PROCESS_SECONDS, fitting_clock(run))


def rounds_so_far(name: str, asker: str | None, measure: Callable[[int], Any]) -> list[Any]:
    """What `measure` gave in each round so far of something that several benchmarks of a run share.

    Whoever is the first to ask in a round has it measured, with the number of the round; the others read. Nobody, None,
    takes what there is.
    """

    def with_this_round(earlier: dict[str, Any] | None) -> dict[str, Any]:
        record = earlier or {"rounds": [], "asked": {}}
        # Whoever asked in the last round already is the first to ask in this one.
        if not record["rounds"] or (asker and record["asked"].get(asker, 0) == len(record["rounds"])):
            record["rounds"].append(measure(len(record["rounds"])))
        if asker:
            record["asked"][asker] = len(record["rounds"])
        return record

    rounds: list[Any] = updated(name, with_this_round)["rounds"]
    return rounds


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
