"""The deterministic metrics of an autograd program. They are counted while it runs, since nothing is compiled."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from autograd import core

from autodiff_kernels.backends.base import Model

Function = Callable[..., np.ndarray]


@contextmanager
def _counted(owner: Any, name: str) -> Iterator[list[int]]:
    """Count the calls of `owner.name` inside the block; `owner` is a class or module of autograd."""
    count = [0]
    original = getattr(owner, name)

    def counting(*arguments: object, **keywords: object) -> Any:
        count[0] += 1
        return original(*arguments, **keywords)

    setattr(owner, name, counting)
    try:
        yield count
    finally:
        setattr(owner, name, original)


def work(program: Callable[[Model], Callable[[], np.ndarray]], model: Model) -> dict[str, int]:
    """The calls and tape nodes of one derivative. `program(model)` returns the function that computes it."""
    calls = 0

    def counted(objective: Function) -> Function:
        def counting(*arguments: np.ndarray) -> np.ndarray:
            nonlocal calls
            calls += 1
            return objective(*arguments)

        return counting

    with (
        _counted(core, "backward_pass") as pull_backs,
        _counted(core.VJPNode, "__init__") as reverse_nodes,
        _counted(core.JVPNode, "__init__") as forward_nodes,
    ):
        program(model.wrapped(counted))()
    return {
        "objective_calls": calls,
        "pull_backs": pull_backs[0],
        "reverse_nodes": reverse_nodes[0],
        "forward_nodes": forward_nodes[0],
        "function_calls": function_calls(program(model)),
    }


def function_calls(run: Callable[[], object]) -> int:
    """Calls of Python and C functions in one run. They reveal a loop in an explicit derivative, which has no tape."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    profiler: Any = sys.getprofile()
    collects = gc.isenabled()
    gc.disable()  # garbage collection can call functions that are not part of the program
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
        if hasattr(profiler, "enable"):  # sys.setprofile does not accept cProfile's object
            profiler.enable()
        else:
            sys.setprofile(profiler)
        if collects:
            gc.enable()
    return calls
