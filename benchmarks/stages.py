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
from benchmarks import cells
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, rounds_so_far, samples

STAGES = ["trace", "lower", "compile", "first_call"]
#: A round builds the program for this many seconds, at least once, each time in a fresh process.
ROUND_SECONDS = 4.0


class _Staged(cells.Cells, Replayed):
    version = "4"

    def __init_subclass__(cls) -> None:
        cls.param_names = [*cls.param_names, "stage"]
        cls.params = [*cls.params, STAGES]

    def setup(self, *cell: Any) -> None:
        *of_case, stage = cell
        self.take(_samples(self.case(*of_case), stage))

    def time_stage(self, *cell: object) -> None:
        self.replay()


@cache
def _samples(case: Case, stage: str) -> list[float]:
    """The samples of one stage that this round gives to ASV, from all builds so far."""
    rounds = rounds_so_far(f"stages {case}", stage, lambda core: _round(case, core))
    if stage not in rounds[0]:
        raise NotImplementedError(f"{case.backend} has no stage {stage}")
    return samples([seconds[stage] for seconds in rounds], mean_of_faster_half)


def mean_of_faster_half(seconds: Sequence[float]) -> float:
    """The mean of the faster half of the builds, which were disturbed least.

    The minimum alone would depend on luck: few builds of a quarter of a second run undisturbed, and in some nights none
    does (docs/decisions/how-a-time-is-measured.md).
    """
    return fmean(sorted(seconds)[: (len(seconds) + 1) // 2])


def _round(case: Case, core: int) -> dict[str, list[float]]:
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


class RBFKernel(cells.RBFKernel, _Staged):
    """How long is the build time of the RBF kernel's gradient? It shows the minimum build time of any program."""


class RBFCovariance(cells.RBFCovariance, _Staged):
    """How long is the build time of the RBF matrix's gradient? It has few equations, and the compiler fuses most."""


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Staged):
    """How long is the build time of the RBF matrix Jacobian? Its program has the same size for every n."""


class MVNLogDensity(cells.MVNLogDensity, _Staged):
    """How long is the build time of the MVN log-density's gradient? Its program has the most equations of the suite."""


class MVNSecondOrder(cells.MVNSecondOrder, _Staged):
    """How long is the build time of the MVN log-density's second derivatives? JAX differentiates a derivative."""


class MVNTextbook(cells.MVNTextbook, _Staged):
    """How long is the build time of the MVN log-density by the textbook formula? Each solve factorises anew."""


class TimelineJacobian(cells.TimelineJacobian, _Staged):
    """How long is the build time of the timeline Jacobian? Modes differ in how often the program contains the curve."""


class ARDLogDensity(cells.ARDLogDensity, _Staged):
    """How long is the build time of the ARD log-density's gradient? Its program has the same size for every d."""


class DecayJacobian(cells.DecayJacobian, _Staged):
    """How long is the build time of the decay Jacobian? The program is the same for every shape."""


class GPFit(cells.GPFit, _Staged):
    """How long is the build time of a Gaussian process fit? It is the build time of its gradient."""


class SurvivalFit(cells.SurvivalFit, _Staged):
    """How long is the build time of a survival fit? With a compiler it is longer than the fit itself."""
