"""How long does it take to make a derivative? Tracing, lowering, compiling and the first call apart, with cold caches.

The four come from the same processes: the first benchmark that asks in a round of ASV makes the program, and leaves a
record that those of the other stages read.
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
#: Seconds of a round in which a program is made again and again, each time in a fresh process; once at least.
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
    """What this round tells ASV of one stage, from all makings so far."""
    rounds = rounds_so_far(f"stages {case}", stage, lambda core: _round(case, core))
    if stage not in rounds[0]:
        raise NotImplementedError(f"{case.backend} has no stage {stage}")
    return samples([seconds[stage] for seconds in rounds], mean_of_faster_half)


def mean_of_faster_half(seconds: Sequence[float]) -> float:
    """What the makings take that were disturbed least.

    The least alone would be luck: few makings of a quarter of a second meet no neighbour, and some nights none does
    (docs/decisions/how-a-time-is-measured.md).
    """
    return fmean(sorted(seconds)[: (len(seconds) + 1) // 2])


def _round(case: Case, core: int) -> dict[str, list[float]]:
    """The seconds of each stage in each of several fresh processes with cold caches."""
    # Imported and not started: a started backend would not survive the fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")

    def stages() -> dict[str, float]:
        pin_to_core(core)
        return dict(build(case, clock=clock_of_work(case.device)).seconds)

    begin = perf_counter()
    makings = [in_forked_process(stages)]
    while perf_counter() - begin < ROUND_SECONDS:
        makings.append(in_forked_process(stages))
    return {stage: [seconds[stage] for seconds in makings] for stage in makings[0]}


class RBFKernel(cells.RBFKernel, _Staged):
    """How long does a tiny gradient take to make? It is what making costs whatever is made."""


class RBFCovariance(cells.RBFCovariance, _Staged):
    """How long does the gradient of an elementwise n × n computation take to make? A few equations, much to fuse."""


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Staged):
    """How long does a full Jacobian of n² outputs take to make? One pass in the program, whatever n is."""


class MVNLogDensity(cells.MVNLogDensity, _Staged):
    """How long does the gradient of a Gaussian process likelihood take to make? The most equations of the suite."""


class MVNSecondOrder(cells.MVNSecondOrder, _Staged):
    """How long do second derivatives of a Gaussian process likelihood take to make? A program of programs."""


class MVNTextbook(cells.MVNTextbook, _Staged):
    """How long does a textbook's log-density take to make? Its determinant and general solves are factorised anew."""


class TimelineJacobian(cells.TimelineJacobian, _Staged):
    """How long does an m × 2 Jacobian take to make? Modes differ in how often the curve is in the program."""


class ARDLogDensity(cells.ARDLogDensity, _Staged):
    """How long does a gradient in d parameters take to make? In forward mode too, one pass in the program."""


class DecayJacobian(cells.DecayJacobian, _Staged):
    """How long does a Jacobian of 80,000 entries take to make? Whatever its shape, the same program."""


class GPFit(cells.GPFit, _Staged):
    """How long does a fit of a Gaussian process take before its first step? What making its gradient takes."""


class SurvivalFit(cells.SurvivalFit, _Staged):
    """How long does a small fit take before its first step? Longer than the fit, where it is compiled."""
