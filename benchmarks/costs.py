"""What does a derivative cost besides the time of a call? Compile time, memory, work and accuracy.

The definitions are in docs/method.md. All quantities of a cell come from the same few processes: the first benchmark of
a cell measures all of them and leaves a record, which the others of the same run of ASV read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

from asv_runner.benchmarks.mark import SkipNotImplemented

import autodiff_kernels
from autodiff_kernels import Case, build
from benchmarks import cells
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import CELL_SECONDS, Replayed

#: Fresh processes with cold caches, one making of the program in each, while the time for the cell lasts; at least two,
#: since what is exact has to be the same. Of what is measured the least counts.
PROCESSES = 7


def costs(case: Case) -> dict[str, Any]:
    """Seconds of each stage, peak resident bytes, relative error, and counts."""
    # JAX reads this when it is imported; a compiled program from another day is not a compile time.
    os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)
    # Imported and not started: a started backend would not survive the fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    found = _makings(case)
    for exact in ("error", "work"):
        if any(other[exact] != found[0][exact] for other in found):
            raise ArithmeticError(f"{case}: processes differ in what is exact: {[one[exact] for one in found]}")
    return {
        "seconds": {stage: min(one["seconds"][stage] for one in found) for stage in found[0]["seconds"]},
        "error": found[0]["error"],
        **found[0]["work"],
        **_peak_bytes(case),  # last, since it starts the backend
    }


def _makings(case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    deadline = perf_counter() + CELL_SECONDS
    while len(found) < PROCESSES and (len(found) < 2 or perf_counter() < deadline):
        found.append(in_forked_process(partial(_one_making, case, len(found))))
    return found


def _one_making(case: Case, core: int) -> dict[str, Any]:
    pin_to_core(core)
    program = build(case, clock=clock_of_work(case.device))
    return {"seconds": dict(program.seconds), "error": program.error, "work": program.work()}


def _peak_bytes(case: Case) -> dict[str, int]:
    """Peak resident memory of the making and the first call above that of this process, or nothing where unknown.

    In this very process: in a forked one, the pages of libraries that its parent had read would count when read again.
    """
    if not hasattr(autodiff_kernels, "preload"):
        return {}  # An older commit evaluates the oracle before the call, and its memory would be in the peak.
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        idle = _resident_bytes("VmRSS")
    except OSError:
        return {}
    peaks = [idle]

    def gauge() -> float:
        peaks.append(_resident_bytes("VmHWM"))
        return 0.0

    pin_to_core(0)
    build(case, clock=gauge)
    # The last reading was before the check, whose own memory is not the program's.
    return {"peak_bytes": peaks[-1] - idle}


def _resident_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def recorded_costs(case: Case) -> dict[str, Any]:
    """The costs of `case`, measured by the first process that asks in this folder and read by the others."""
    record = Path(quote(str(case), safe="") + ".json")
    if not record.exists():
        record.write_text("null")
        try:
            found = costs(case)
        except NotImplementedError as unavailable:
            found = {"unavailable": str(unavailable)}
        record.write_text(json.dumps(found))
    found = json.loads(record.read_text())
    if found is None:
        raise RuntimeError(f"{case}: the first benchmark of this cell in this run failed; its message says why")
    if "unavailable" in found:
        raise NotImplementedError(found["unavailable"])
    return found


def _stage(name: str) -> Callable[..., None]:
    def time_stage(self: _Costs, *cell: object) -> None:
        if name not in self.found["seconds"]:
            raise SkipNotImplemented(f"there is no stage {name} to time")
        self.take([self.found["seconds"][name]])
        self.replay()

    return time_stage


def _quantity(name: str, unit: str) -> Callable[..., float]:
    def track_quantity(self: _Costs, *cell: object) -> float:
        if name not in self.found:
            raise SkipNotImplemented(f"there are no {name} to count")
        return float(self.found[name])

    track_quantity.unit = unit  # type: ignore[attr-defined]
    return track_quantity


class _Costs(cells.Cells, Replayed):
    version = "1"
    repeat = 1

    time_trace = _stage("trace")
    time_lower = _stage("lower")
    time_compile = _stage("compile")
    time_first_call = _stage("first_call")

    track_peak_bytes = _quantity("peak_bytes", "bytes")
    track_temporary_bytes = _quantity("temporary_bytes", "bytes")
    track_argument_bytes = _quantity("argument_bytes", "bytes")
    track_output_bytes = _quantity("output_bytes", "bytes")

    track_equations = _quantity("equations", "equations")
    track_instructions = _quantity("instructions", "instructions")
    track_program_hash = _quantity("program_hash", "hash")
    track_float64_values = _quantity("float64_values", "values")
    track_objective_calls = _quantity("objective_calls", "calls")
    track_pull_backs = _quantity("pull_backs", "calls")
    track_reverse_nodes = _quantity("reverse_nodes", "nodes")
    track_forward_nodes = _quantity("forward_nodes", "nodes")
    track_function_calls = _quantity("function_calls", "calls")

    track_error = _quantity("error", "relative error")

    def setup_cache(self) -> None:
        """Keep nothing: with this method ASV gives all benchmarks of this file one folder for the length of a run."""

    def setup(self, *cell: object) -> None:
        self.found = recorded_costs(self.case(*cell))


class RBFKernel(cells.RBFKernel, _Costs):
    """What does it take to make a tiny gradient? What the backend costs in any case."""


class RBFCovariance(cells.RBFCovariance, _Costs):
    """What does it take to make the gradient of an elementwise n × n computation? Memory, where nothing is fused."""


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Costs):
    """What does it take to make a full Jacobian of n² outputs? Memory in reverse mode."""


class MVNLogDensity(cells.MVNLogDensity, _Costs):
    """What does it take to make the gradient of a Gaussian process likelihood? Compile time, and digits."""


class MVNTextbook(cells.MVNTextbook, _Costs):
    """What does a textbook's log-density take, with its determinant and general solves? Digits above all."""


class TimelineJacobian(cells.TimelineJacobian, _Costs):
    """What does it take to make an m × 2 Jacobian? As many pull-backs as rows, or as columns."""
