"""What does a derivative cost besides time? Memory, work and accuracy.

The definitions are in docs/understand/method.md. All quantities of a cell come from the same few processes: the first benchmark of
a cell measures all of them and leaves a record, which the others of the same run of ASV read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from asv_runner.benchmarks.mark import SkipNotImplemented

from autodiff_kernels import Case, build
from benchmarks import cells, device
from benchmarks.clock import pin_to_core
from benchmarks.peak import peak_bytes
from benchmarks.processes import in_forked_process
from benchmarks.records import Recorded, updated

#: Processes that count, each for itself: what is exact has to be the same in all of them.
PROCESSES = 2


def costs(case: Case) -> dict[str, Any]:
    """Counts, planned bytes, relative error, and peak resident bytes."""
    # Imported and not started: a started backend would not survive the fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    found = [in_forked_process(partial(_counted, case, core)) for core in range(PROCESSES)]
    if any(other != found[0] for other in found):
        raise ArithmeticError(f"{case}: processes differ in what is exact: {found}")
    return {**found[0], **peak_bytes(case)}


def _counted(case: Case, core: int) -> dict[str, Any]:
    pin_to_core(core)
    program = build(case)
    return {"error": program.error, **program.work()}


def recorded_costs(case: Case) -> dict[str, Any]:
    """The costs of `case`, found by the first process of a run that asks and read by the others."""
    if case.device != "cpu":
        return device.costs(case)
    found: dict[str, Any] = updated(f"costs {case}", lambda earlier: earlier or costs(case))
    return found


def _quantity(name: str, unit: str, version: str = "1") -> Callable[..., float]:
    def track_quantity(self: _Costs, *cell: object) -> float:
        if name not in self.found:
            raise SkipNotImplemented(f"there are no {name} to count")
        return float(self.found[name])

    track_quantity.unit = unit  # type: ignore[attr-defined]
    track_quantity.version = version  # type: ignore[attr-defined]
    return track_quantity


class _Costs(cells.Cells, Recorded):
    timeout = 120

    # Up to version 1 memory that the oracle had freed was the program's to use, and did not count.
    track_peak_bytes = _quantity("peak_bytes", "bytes", "2")
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

    # Of a GPU alone.
    track_device_peak_bytes = _quantity("device_peak_bytes", "bytes")
    track_times_floor = _quantity("times_floor", "times the floor")

    track_error = _quantity("error", "relative error")

    def setup(self, *cell: object) -> None:
        self.found = recorded_costs(self.case(*cell))


class RBFKernel(cells.RBFKernel, _Costs):
    """What does a tiny gradient cost besides time? What the backend needs in any case."""


class RBFCovariance(cells.RBFCovariance, _Costs):
    """What does the gradient of an elementwise n × n computation cost besides time? Memory, where nothing is fused."""


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Costs):
    """What does a full Jacobian of n² outputs cost besides time? Memory in reverse mode."""


class MVNLogDensity(cells.MVNLogDensity, _Costs):
    """What does the gradient of a Gaussian process likelihood cost besides time? Equations, memory and digits."""


class MVNSecondOrder(cells.MVNSecondOrder, _Costs):
    """What do second derivatives of a Gaussian process likelihood cost besides time? Equations and memory."""


class MVNTextbook(cells.MVNTextbook, _Costs):
    """What does a textbook's log-density cost besides time, with its determinant and solves? Digits above all."""


class TimelineJacobian(cells.TimelineJacobian, _Costs):
    """What does an m × 2 Jacobian cost besides time? As many pull-backs as rows, or as columns."""


class ARDLogDensity(cells.ARDLogDensity, _Costs):
    """What do more parameters cost besides time? Memory in forward mode."""


class DecayJacobian(cells.DecayJacobian, _Costs):
    """What does a Jacobian of 80,000 entries cost besides time, flat or tall? Memory, where all passes run at once."""


class GPFit(cells.GPFit, _Costs):
    """What does a fit of a Gaussian process cost besides time? Objectives, and digits that its gradients decide."""


class SurvivalFit(cells.SurvivalFit, _Costs):
    """What does a small fit cost besides time? Objectives above all."""
