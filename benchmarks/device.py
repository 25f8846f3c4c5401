"""What does a gradient cost on a GPU? The time that the device is busy, and the time to dispatch a call.

As on the CPU, benchmarks/gradients.py times a call including the wait for its result, and benchmarks/costs.py reports
memory and the distance to the roofline. In each round of ASV, one process measures all quantities of a cell: the first
benchmark of the cell starts it, and the others read its record.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from time import perf_counter
from typing import Any

import autodiff_kernels
from autodiff_kernels import MODES, Case, build, why_unsupported
from benchmarks import gpu
from benchmarks.clock import best_call, keep_freed_memory
from benchmarks.processes import ProcessFailed, in_forked_process
from benchmarks.protocol import Replayed, rounds_so_far, samples
from benchmarks.quantities import PARTS
from benchmarks.rates import rate
from benchmarks.rows import BACKENDS, Row
from benchmarks.table import classes

#: Seconds of calls that wait for the result, and of calls that only dispatch.
CALL_SECONDS, DISPATCH_SECONDS = 0.5, 0.15
#: Seconds. A shorter roofline is no useful target, so no ratio to it is stored.
LEAST_FLOOR = 1e-6
#: Seconds of queued calls whose events are read, and the smallest and largest number of these calls.
QUEUE_SECONDS, FEWEST, MOST = 0.05, 2, 50


def measured(case: Case) -> dict[str, Any]:
    """Seconds of a call, of its dispatch and of the busy device; peak device memory, relative error and counts.

    Raises RuntimeError before a backend starts if there is no GPU or if it is in use. Raises ProcessFailed
    with the state of the GPUs if the measurement fails.
    """
    if reason := why_unsupported(case):
        raise NotImplementedError(f"{case}: {reason}")
    gpu.require_gpu()
    # An older commit has no `preload`; it imports and checks in the forked process.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    try:
        return in_forked_process(partial(_in_this_process, case))
    except ProcessFailed as error:
        raise ProcessFailed(f"{error}\nState of the GPU: {gpu.state() or 'nvidia-smi does not answer'}") from error


def _in_this_process(case: Case) -> dict[str, Any]:
    keep_freed_memory()
    program = build(case)
    on_device = getattr(program, "on_device", None)  # None for a fit, and in older commits
    peak = on_device.peak_bytes() if on_device else None  # of the build and the first call, before further calls
    found: dict[str, Any] = {"call": best_call(program.run, CALL_SECONDS), "error": program.error, **program.work()}
    if peak is not None:
        found["device_peak_bytes"] = peak
    if on_device:
        found["dispatch"] = _dispatch(on_device.start)
        calls = min(max(int(QUEUE_SECONDS / found["call"]), FEWEST), MOST)
        try:
            found["busy"] = min(on_device.busy_seconds(calls) for _ in range(2))
        except NotImplementedError as error:
            found["no busy"] = str(error)
    return found


def _dispatch(start: Callable[[], Any]) -> float:
    """Seconds to dispatch a call to an idle device."""
    best, deadline = math.inf, perf_counter() + DISPATCH_SECONDS
    while perf_counter() < deadline:
        begin = perf_counter()
        result = start()
        best = min(best, perf_counter() - begin)
        result.block_until_ready()
    return best


@cache
def of_rounds(case: Case, quantity: str | None) -> list[dict[str, Any]]:
    """The measurements of `case` in each round so far. `rounds_so_far` gets `quantity` as `asker`."""
    return rounds_so_far(f"device {case}", quantity, lambda number: measured(case))


@cache
def samples_of(case: Case, quantity: str) -> list[float]:
    """The samples of one duration that this round gives to ASV."""
    rounds = of_rounds(case, quantity)
    if quantity not in rounds[0]:
        raise NotImplementedError(rounds[0].get(f"no {quantity}", f"{case}: the program reports no {quantity} time"))
    return samples([[one[quantity]] for one in rounds], min)


def costs(case: Case) -> dict[str, Any]:
    """The costs of `case` apart from time, and the busy time divided by the roofline.

    ASV asks for costs at the beginning of a round, so the ratio uses the earlier rounds.
    """
    rounds = of_rounds(case, None)
    busy = [one["busy"] for one in rounds if "busy" in one]
    if not busy or "argument_bytes" not in rounds[-1]:
        return rounds[-1]
    try:
        floor = floor_seconds(case, rounds[-1]["argument_bytes"] + rounds[-1]["output_bytes"], rate)
    except RuntimeError:  # a rate could not be measured: the benchmark of that rate reports the failure
        return rounds[-1]
    return rounds[-1] | ({"times_floor": min(busy) / floor} if floor else {})


def floor_seconds(case: Case, moved: int, rate: Callable[[str], float]) -> float | None:
    """The roofline of `case` in seconds: moving `moved` bytes or doing the operations, whichever takes longer.

    None for second derivatives and fits, whose operations are not counted, and for a roofline too short to be a target.
    """
    if MODES[case.mode].is_second_order or case.definition.fits:
        return None
    operations = case.form.operations(case.size)
    counted = operations.value if case.mode == "value" else operations.derivative
    floor = max(moved / rate("copy"), counted / rate(f"matrix product {case.dtype}"))
    return floor if floor >= LEAST_FLOOR else None


class _OnDevice(Replayed):
    version = "1"
    row: Row
    param_names: list[str]
    params: list[list[Any]]

    def __init_subclass__(cls) -> None:
        # These cells exist on a GPU only, and JAX is the only backend with GPU support.
        cls.params = [values if values is not BACKENDS else ["jax"] for values in cls.params]
        cls.param_names = [*cls.param_names, "part"]
        cls.params = [*cls.params, PARTS]

    def setup(self, *cell: Any) -> None:
        *of_case, part = cell
        case = self.row.case(*of_case)
        if case.device == "cpu":
            raise NotImplementedError(f"{case}: measured on a GPU only; a CPU has no separate dispatch")
        self.take(samples_of(case, part))

    def time_part(self, *cell: object) -> None:
        self.replay()


#: The classes by name, which ASV finds in this module.
CLASSES = classes("device", _OnDevice)
globals().update(CLASSES)
