"""How long is the build time? Tracing, lowering, compiling and the first call, each timed separately with cold caches.

The four stages come from the same processes: in each round of ASV the first benchmark of a cell builds the program
and writes a record, which the benchmarks of the other stages read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from statistics import fmean
from time import perf_counter
from typing import Any

from autodiff_kernels import Case, build
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, rounds_so_far, samples
from benchmarks.quantities import STAGES
from benchmarks.rows import Row
from benchmarks.table import classes

#: A round builds the program for this many seconds, at least once, each time in a fresh process.
ROUND_SECONDS = 4.0


class _Staged(Replayed):
    version = "4"
    row: Row
    param_names: list[str]
    params: list[list[Any]]

    def __init_subclass__(cls) -> None:
        cls.param_names = [*cls.param_names, "stage"]
        cls.params = [*cls.params, STAGES]

    def setup(self, *cell: Any) -> None:
        *of_case, stage = cell
        self.take(samples_of_stage(self.row.case(*of_case), stage))

    def time_stage(self, *cell: object) -> None:
        self.replay()


@cache
def samples_of_stage(case: Case, stage: str) -> list[float]:
    """The samples of one stage that this round gives to ASV, from all builds so far."""
    rounds = rounds_so_far(f"stages {case}", stage, lambda core: round_of_builds(case, core))
    if stage not in rounds[0]:
        raise NotImplementedError(f"{case.backend} has no stage {stage}")
    return samples([seconds[stage] for seconds in rounds], mean_of_faster_half)


def mean_of_faster_half(seconds: Sequence[float]) -> float:
    """The mean of the faster half of the builds, which were disturbed least.

    The minimum alone would depend on luck: few builds of a quarter of a second run undisturbed, and in some nights none
    does (docs/decisions/how-a-time-is-measured.md).
    """
    return fmean(sorted(seconds)[: (len(seconds) + 1) // 2])


def round_of_builds(case: Case, core: int) -> dict[str, list[float]]:
    """The seconds of each stage in several fresh processes with cold caches."""
    # Import only: a backend that has started does not survive a fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")

    def stages() -> dict[str, float]:
        pin_to_core(core)
        return dict(build(case, clock=clock_of_work(case.device)).seconds)

    begin = perf_counter()
    builds = [in_forked_process(stages)]
    while perf_counter() - begin < ROUND_SECONDS:
        builds.append(in_forked_process(stages))
    return {stage: [seconds[stage] for seconds in builds] for stage in builds[0]}


#: The classes by name, which ASV finds in this module.
CLASSES = classes("stages", _Staged)
globals().update(CLASSES)
