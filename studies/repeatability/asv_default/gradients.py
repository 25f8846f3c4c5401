"""ASV itself calls and times the program.

As in benchmarks/, each process is pinned to a core, keeps freed memory and builds the program once. So only the clock,
the processes and the statistic differ.
"""

from timeit import default_timer

from autodiff_kernels import build
from benchmarks import gradients
from benchmarks.clock import keep_freed_memory, pin_to_core


def _setup(self: gradients.Timed, *cell: object) -> None:
    pin_to_core(-1)
    keep_freed_memory()
    self.program = build(self.row.case(*cell))  # type: ignore[attr-defined]


def _call(self: gradients.Timed) -> None:
    self.program.run()  # type: ignore[attr-defined]


# ASV's defaults.
_DEFAULTS = {"rounds": 2, "repeat": 0, "number": 0, "min_run_count": 2, "warmup_time": -1, "timer": default_timer}
for _name, _value in {**_DEFAULTS, "setup": _setup, "replay": _call}.items():
    setattr(gradients.Timed, _name, _value)

# ASV finds them here.
globals().update(gradients.CLASSES)
