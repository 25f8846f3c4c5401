"""Timed calls: the start, what the processes of a cell share, the making in each, and what is left, measurement."""

from collections.abc import Callable

import autodiff_kernels
from benchmarks import gradients, protocol
from benchmarks.gradients import (  # noqa: F401, ASV finds them here
    MVNLogDensity,
    MVNTextbook,
    RBFCovariance,
    RBFCovarianceJacobian,
    RBFKernel,
    TimelineJacobian,
    WithoutJIT,
)
from benchmarks.processes import in_forked_process

from . import accounted, enter, seconds_since_this_process_began


def _measure(make: Callable[[], Callable[[], object]], clock: Callable[[], float] | None = None) -> list[float]:
    return protocol.measure(accounted("make", make), clock)


vars(gradients)["measure"] = _measure
vars(protocol)["in_forked_process"] = accounted("processes", in_forked_process)
autodiff_kernels.preload = accounted("share", autodiff_kernels.preload)
enter("start", seconds_since_this_process_began())
