"""The timed gradients. The account separates process starts, shared imports and oracle, builds, and measuring."""

from collections.abc import Callable
from typing import Any

import autodiff_kernels
from autodiff_kernels import build
from benchmarks import gradients, protocol
from benchmarks.processes import in_forked_process

from . import accounted, enter, seconds_since_this_process_began


def _samples_of_round(name: str, make: Callable[[], Callable[[], object]]) -> list[float]:
    return protocol.samples_of_round(name, accounted("make", make))


def _build(*arguments: Any, **options: Any) -> Any:
    program = build(*arguments, **options)
    for stage, seconds in program.seconds.items():
        enter(stage, seconds)
    return program


vars(gradients)["samples_of_round"] = _samples_of_round
vars(gradients)["build"] = _build
vars(protocol)["in_forked_process"] = accounted("processes", in_forked_process)
autodiff_kernels.preload = accounted("share", autodiff_kernels.preload)
enter("start", seconds_since_this_process_began())

# ASV finds them here.
globals().update(gradients.CLASSES)
