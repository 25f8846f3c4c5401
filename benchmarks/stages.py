"""How long does it take to make a derivative? Tracing, lowering, compiling and the first call apart, with cold caches.

The four come from the same processes: the first benchmark that asks in a round of ASV makes the program, and leaves a
record that those of the other stages read.
"""

from __future__ import annotations

import os
from functools import cache, partial
from importlib import import_module
from time import perf_counter
from typing import Any

from autodiff_kernels import Case, build
from benchmarks import cells
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import ROUNDS, Replayed
from benchmarks.records import updated

STAGES = ["trace", "lower", "compile", "first_call"]
#: Fresh processes in a round, one making of the program in each, while the time for them lasts; at least one.
PROCESSES = 2
#: Seconds after which a program is made no more in a round.
ROUND_SECONDS = 4.0


class _Staged(cells.Cells, Replayed):
    version = "1"

    def __init_subclass__(cls) -> None:
        cls.param_names = [*cls.param_names, "stage"]
        cls.params = [*cls.params, STAGES]

    def setup(self, *cell: Any) -> None:
        *of_case, stage = cell
        self.take(_samples(self.case(*of_case), stage))


@cache
def _samples(case: Case, stage: str) -> list[float]:
    """The least time so far; in the last round often enough to outvote those before, since ASV stores the median."""

    def with_this_round(earlier: dict[str, Any] | None) -> dict[str, Any]:
        record = earlier or {"rounds": 0, "asked": {}, "seconds": {}}
        # Whoever asked in the last round already is the first to ask in this one.
        if record["asked"].get(stage, 0) == record["rounds"]:
            record["seconds"] = _least(record["seconds"], *_makings(case))
            record["rounds"] += 1
        record["asked"][stage] = record["rounds"]
        return record

    record = updated(f"stages {case}", with_this_round)
    if stage not in record["seconds"]:
        raise NotImplementedError(f"{case.backend} has no stage {stage}")
    return [record["seconds"][stage]] * (ROUNDS if record["rounds"] == ROUNDS else 1)


def _makings(case: Case) -> list[dict[str, float]]:
    """Seconds of each stage in each making of a round."""
    # JAX reads this when it is imported; a compiled program from another day is not a compile time.
    os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)
    # Imported and not started: a started backend would not survive the fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    found: list[dict[str, float]] = []
    deadline = perf_counter() + ROUND_SECONDS
    while len(found) < PROCESSES and (not found or perf_counter() < deadline):
        found.append(in_forked_process(partial(_one_making, case, len(found))))
    return found


def _one_making(case: Case, core: int) -> dict[str, float]:
    pin_to_core(core)
    return dict(build(case, clock=clock_of_work(case.device)).seconds)


def _least(*makings: dict[str, float]) -> dict[str, float]:
    stages = makings[-1]
    return {stage: min(making[stage] for making in makings if making) for stage in stages}


class RBFKernel(cells.RBFKernel, _Staged):
    """How long does a tiny gradient take to make? The start of the backend is in it, as for whoever compiles once."""

    def time_stage(self, *cell: object) -> None:
        self.replay()


class RBFCovariance(cells.RBFCovariance, _Staged):
    """How long does the gradient of an elementwise n × n computation take to make? A few equations, much to fuse."""

    def time_stage(self, *cell: object) -> None:
        self.replay()


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Staged):
    """How long does a full Jacobian of n² outputs take to make? One pass in the program, whatever n is."""

    def time_stage(self, *cell: object) -> None:
        self.replay()


class MVNLogDensity(cells.MVNLogDensity, _Staged):
    """How long does the gradient of a Gaussian process likelihood take to make? The most equations of the suite."""

    def time_stage(self, *cell: object) -> None:
        self.replay()


class MVNTextbook(cells.MVNTextbook, _Staged):
    """How long does a textbook's log-density take to make? Its determinant and general solves are factorised anew."""

    def time_stage(self, *cell: object) -> None:
        self.replay()


class TimelineJacobian(cells.TimelineJacobian, _Staged):
    """How long does an m × 2 Jacobian take to make? Modes differ in how often the curve is in the program."""

    def time_stage(self, *cell: object) -> None:
        self.replay()
