"""What does a gradient cost on a GPU? How long the device is busy, apart from how long it takes to send it a call.

A call with its wait is in benchmarks/gradients.py, as on the CPU, and memory and floors are in benchmarks/costs.py. All
of a cell come from the same processes: the first benchmark that asks in a round of ASV measures, the others read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from time import perf_counter
from typing import Any

import autodiff_kernels
from autodiff_kernels import MODES, Case, build, why_unsupported
from benchmarks import cells, gpu
from benchmarks.clock import best_call, keep_freed_memory
from benchmarks.processes import ProcessFailed, in_forked_process
from benchmarks.protocol import Replayed, rounds_so_far, samples
from benchmarks.rates import rate

PARTS = ["busy", "dispatch"]
#: Seconds of calls that wait, and of calls that do not.
CALL_SECONDS, DISPATCH_SECONDS = 0.5, 0.15
#: Seconds of a floor below which nothing is divided by it: there it is no aim.
LEAST_FLOOR = 1e-6
#: Calls in a queue whose events are read: what takes so many seconds, within these numbers.
QUEUE_SECONDS, FEWEST, MOST = 0.05, 2, 50


def measured(case: Case) -> dict[str, Any]:
    """Seconds of a call, of sending one and of the device; peak of its memory, relative error and counts.

    Raises RuntimeError where there is no GPU or somebody else is on it, before any backend is asked for one, and
    ProcessFailed with the state of the GPUs where it fails.
    """
    if reason := why_unsupported(case):
        raise NotImplementedError(f"{case}: {reason}")
    gpu.require_gpu()
    # A commit from before `preload` imports and checks in the process.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    try:
        return in_forked_process(partial(_in_this_process, case))
    except ProcessFailed as error:
        raise ProcessFailed(f"{error}\nThe GPU now: {gpu.state() or 'nvidia-smi does not answer'}") from error


def _in_this_process(case: Case) -> dict[str, Any]:
    keep_freed_memory()
    program = build(case)
    on_device = getattr(program, "on_device", None)  # None of a fit, and in a commit from before there was such a thing
    peak = on_device.peak_bytes() if on_device else None  # of the making and the first call, before there are more
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
    """Seconds until a call is sent to a device that has nothing else to do."""
    best, deadline = math.inf, perf_counter() + DISPATCH_SECONDS
    while perf_counter() < deadline:
        begin = perf_counter()
        result = start()
        best = min(best, perf_counter() - begin)
        result.block_until_ready()
    return best


@cache
def of_rounds(case: Case, quantity: str | None) -> list[dict[str, Any]]:
    """What was measured of `case` in each round so far, for a benchmark that wants a duration, or for none."""
    return rounds_so_far(f"device {case}", quantity, lambda number: measured(case))


@cache
def samples_of(case: Case, quantity: str) -> list[float]:
    """What this round tells ASV of one duration."""
    rounds = of_rounds(case, quantity)
    if quantity not in rounds[0]:
        raise NotImplementedError(rounds[0].get(f"no {quantity}", f"{case} has no {quantity}"))
    return samples([[one[quantity]] for one in rounds])


def costs(case: Case) -> dict[str, Any]:
    """What costs besides time, and how far the device is from what it could do: busy seconds over the floor's.

    ASV asks for it at the beginning of a round, so it is of the rounds before.
    """
    rounds = of_rounds(case, None)
    busy = [one["busy"] for one in rounds if "busy" in one]
    if not busy or "argument_bytes" not in rounds[-1]:
        return rounds[-1]
    try:
        floor = floor_seconds(case, rounds[-1]["argument_bytes"] + rounds[-1]["output_bytes"], rate)
    except RuntimeError:  # a rate could not be measured, which its own cell tells
        return rounds[-1]
    return rounds[-1] | ({"times_floor": min(busy) / floor} if floor else {})


def floor_seconds(case: Case, moved: int, rate: Callable[[str], float]) -> float | None:
    """The least that a card of these rates needs: to move so many bytes, or for the operations, whichever is longer.

    None where nobody has counted the operations, which is of second derivatives, and where it is too little to be an
    aim.
    """
    if MODES[case.mode].is_second_order or case.definition.fits:
        return None
    operations = case.form.operations(case.size)
    counted = operations.value if case.mode == "value" else operations.derivative
    floor = max(moved / rate("copy"), counted / rate(f"matrix product {case.dtype}"))
    return floor if floor >= LEAST_FLOOR else None


class _OnDevice(cells.Cells, Replayed):
    version = "1"

    def __init_subclass__(cls) -> None:
        # The GPU alone has these cells, and one backend.
        cls.params = [values if values is not cells.BACKENDS else ["jax"] for values in cls.params]
        cls.param_names = [*cls.param_names, "part"]
        cls.params = [*cls.params, PARTS]

    def setup(self, *cell: Any) -> None:
        *of_case, part = cell
        case = self.case(*of_case)
        if case.device == "cpu":
            raise NotImplementedError(f"{case}: the processor that runs it is the one that sends it")
        self.take(samples_of(case, part))

    def time_part(self, *cell: object) -> None:
        self.replay()


class RBFKernel(cells.RBFKernel, _OnDevice):
    """How long is a GPU busy with a tiny gradient? Hardly; sending it is all."""


class RBFCovariance(cells.RBFCovariance, _OnDevice):
    """How long is a GPU busy with the gradient of an elementwise n × n computation? As long as its memory takes."""


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _OnDevice):
    """How long is a GPU busy with a full Jacobian of n² outputs? As long as writing it takes."""


class MVNLogDensity(cells.MVNLogDensity, _OnDevice):
    """How long is a GPU busy with the gradient of a Gaussian process likelihood? Products of matrices, above all."""


class MVNSecondOrder(cells.MVNSecondOrder, _OnDevice):
    """How long is a GPU busy with second derivatives of a Gaussian process likelihood? They have n up to 300 alone."""


class TimelineJacobian(cells.TimelineJacobian, _OnDevice):
    """How long is a GPU busy with an m × 2 Jacobian? As long as writing it takes, in the best case."""


class ARDLogDensity(cells.ARDLogDensity, _OnDevice):
    """How long is a GPU busy with a gradient in d lengthscales, at a size that does not fill it? Mostly it waits."""


class DecayJacobian(cells.DecayJacobian, _OnDevice):
    """How long is a GPU busy with a Jacobian of 80,000 entries, whatever its shape? Too few to fill it."""
