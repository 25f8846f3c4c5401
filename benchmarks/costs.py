"""What does a derivative cost apart from time? Memory, work and accuracy.

docs/understand/method.md defines the quantities. All quantities of a cell come from the same few processes: the first
benchmark of a cell measures all of them and writes a record, which the other benchmarks of that ASV run read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from asv_runner.benchmarks.mark import SkipNotImplemented

from autodiff_kernels import Case, build
from benchmarks import device
from benchmarks.clock import pin_to_core
from benchmarks.peak import peak_bytes
from benchmarks.processes import in_forked_process
from benchmarks.records import Recorded, updated
from benchmarks.rows import Row
from benchmarks.table import classes

#: Processes that count independently. Deterministic metrics must agree between them.
PROCESSES = 2


def costs(case: Case) -> dict[str, Any]:
    """Deterministic metrics, relative error and peak resident memory of `case`."""
    # Import only: a backend that has started does not survive a fork.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    found = [in_forked_process(partial(_counted, case, core)) for core in range(PROCESSES)]
    if any(other != found[0] for other in found):
        raise ArithmeticError(f"{case}: deterministic metrics differ between processes: {found}")
    return {**found[0], **peak_bytes(case)}


def _counted(case: Case, core: int) -> dict[str, Any]:
    pin_to_core(core)
    program = build(case)
    return {"error": program.error, **program.work()}


def recorded_costs(case: Case) -> dict[str, Any]:
    """The costs of `case`. The first process of a run that needs them measures them; the others read its record."""
    if case.device != "cpu":
        return device.costs(case)
    found: dict[str, Any] = updated(f"costs {case}", lambda earlier: earlier or costs(case))
    return found


def _quantity(name: str, unit: str, version: str = "1") -> Callable[..., float]:
    def track_quantity(self: _Costs, *cell: object) -> float:
        if name not in self.found:
            raise SkipNotImplemented(f"track_{name} is not available for this program on this device")
        return float(self.found[name])

    track_quantity.unit = unit  # type: ignore[attr-defined]
    track_quantity.version = version  # type: ignore[attr-defined]
    return track_quantity


class _Costs(Recorded):
    timeout = 120
    row: Row

    # In version 1 a program could reuse memory that the oracle had freed, and that memory was not counted.
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

    # On a GPU only.
    track_device_peak_bytes = _quantity("device_peak_bytes", "bytes")
    track_times_floor = _quantity("times_floor", "times the roofline")

    track_error = _quantity("error", "relative error")

    def setup(self, *cell: object) -> None:
        self.found = recorded_costs(self.row.case(*cell))


#: The classes by name, which ASV finds in this module.
CLASSES = classes("costs", _Costs)
globals().update(CLASSES)
