"""How long does one call take? The call computes the derivative and waits for it; protocol.py says how it is timed."""

from __future__ import annotations

from functools import cache

import autodiff_kernels
from autodiff_kernels import Case, build
from benchmarks import device
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, samples_of_round
from benchmarks.rows import Row
from benchmarks.table import classes


class Timed(Replayed):
    # Up to version 4 the value was the shortest call of all.
    version = "5"
    row: Row

    def setup(self, *cell: object) -> None:
        self.take(samples_of_case(self.row.case(*cell)))

    def replay_cell(self, *cell: object) -> None:
        self.replay()


class OneCall(Timed):
    """One process and one call: the call that was checked is also the sample."""

    version = "4"
    timeout = 600
    rounds = 1

    def setup(self, *cell: object) -> None:
        self.take(first_call_of(self.row.case(*cell)))


@cache
def samples_of_case(case: Case) -> list[float]:
    if case.device != "cpu":
        return device.samples_of(case, "call")
    # An older commit has no `preload`; it imports and checks in each forked process.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    return samples_of_round(f"gradients {case}", lambda: build(case).run)


@cache
def first_call_of(case: Case) -> list[float]:
    def first_call() -> float:
        pin_to_core(0)
        return build(case, clock=clock_of_work()).seconds["first_call"]

    return [in_forked_process(first_call)]


#: The classes by name, which ASV finds in this module.
CLASSES = {**classes("time", Timed), **classes("time", OneCall, slow=True)}
globals().update(CLASSES)
