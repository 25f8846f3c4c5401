"""build(case) → Program: prepared, that is compiled and placed on its device, run once and checked by the oracle."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from autodiff_kernels.backends.base import OnDevice, Prepared
from autodiff_kernels.budgets import memory_budget, predicted_bytes
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.checking import check, measured_oracle, refuse_ill_conditioned
from autodiff_kernels.inputs import are_measured, measured_inputs, own_inputs
from autodiff_kernels.memory import available_bytes, gigabytes
from autodiff_kernels.problems import Inputs
from autodiff_kernels.support import require_supported


@dataclass(frozen=True)
class Program:
    """A program that agrees with its oracle.

    `run()` computes the derivative, waits for it and returns it, and does nothing else. Calling the program does the
    same. `error` is the relative error of the first call. `seconds` holds the duration of each stage of the build,
    measured by the clock of `build`: `trace`, `lower` and `compile` if the backend compiles, and `first_call`.
    """

    case: Case
    run: Callable[[], Any]
    error: float
    seconds: Mapping[str, float]
    #: The deterministic metrics: names and counts, identical on every call. JAX: traced equations, float64 values
    #: anywhere in the program, a hash of the lowered program, instructions after optimisation, bytes of temporaries,
    #: arguments and outputs. autograd: calls of the objective and of functions, pull-backs, and nodes of its two tapes.
    work: Callable[[], dict[str, int]]
    #: Measurements that only a GPU offers; None on the CPU, for fits and without jit.
    on_device: OnDevice | None = None

    def __call__(self) -> Any:
        return self.run()


built: dict[Case, Program] = {}


def prepare(case: Case, inputs: Inputs, clock: Callable[[], float] = time.perf_counter) -> Prepared:
    """The program of `case`, compiled and placed on its device with `inputs`, but not run.

    `inputs` come from `measured_inputs` or `own_inputs`. `clock` is read at both ends of each stage of the build.
    Raises Unsupported for a case that cannot run, InvalidCase if its device is missing, and MemoryError if the memory
    of the device runs out.
    """
    require_supported(case, measured_inputs=are_measured(case, inputs))
    _check_memory(case, predicted_bytes(case))
    with _exhaustion_named(case):
        prepared: Prepared = import_backend(case).prepare(case, inputs, clock)
    if prepared.predicted_bytes is not None:
        _check_memory(case, prepared.predicted_bytes)
    return prepared


def build(case: Case | str, inputs: Inputs | None = None, *, clock: Callable[[], float] = time.perf_counter) -> Program:
    """The program of `case`: prepared, run once and checked; built once per process.

    `inputs` replaces the measured inputs of the problem and must have the same names and shapes. A program with
    `inputs` is not cached. `clock` is read at both ends of each stage of the build; its last reading comes right after
    the first call and before the check.

    Raises InvalidCase for an invalid request, and what `prepare` and `check` raise.
    """
    if isinstance(case, str):
        case = Case.parse(case)
    if not isinstance(case, Case):
        raise InvalidCase(f"case = {case!r}: expected a Case or its text, for example mvn/jax/reverse/n=1000")
    if inputs is None and case in built:
        return built[case]
    require_supported(case, measured_inputs=inputs is None)
    given = measured_inputs(case) if inputs is None else own_inputs(case, inputs)
    prepared = prepare(case, given, clock)
    start = clock()
    result = first_call(prepared, case, given)
    seconds = {**prepared.seconds, "first_call": clock() - start}
    error = check(result, case, given)
    program = Program(case, prepared.run, error, seconds, prepared.work, prepared.on_device)
    if inputs is None:
        built[case] = program
    return program


def first_call(prepared: Prepared, case: Case, inputs: Inputs) -> Any:
    """The result of the first call of a prepared program, which `check` judges.

    Raises MemoryError if the memory of the device runs out. Raises InvalidCase if the program fails at `inputs` of
    one's own or, at any inputs, because the case is too ill-conditioned.
    """
    try:
        # The check refuses what NumPy would warn of.
        with _exhaustion_named(case), np.errstate(all="ignore"):
            return prepared.run()
    except (np.linalg.LinAlgError, ArithmeticError, ValueError) as failure:
        refuse_ill_conditioned(case, inputs)
        if are_measured(case, inputs):
            raise
        raise InvalidCase(f"{case}: the program fails at these inputs: {failure}") from failure


def preload(case: Case) -> None:
    """Import the backend and evaluate the oracle, so that processes forked from this one inherit both.

    The backend is not started, since a started backend does not survive a fork. Raises Unsupported and InvalidCase as
    `build` does.
    """
    require_supported(case)
    import_backend(case)
    measured_oracle(case)


def import_backend(case: Case) -> ModuleType:
    """The module of the case's backend. Importing it starts no device."""
    return import_module(f"autodiff_kernels.backends.{case.backend}")


@contextmanager
def _exhaustion_named(case: Case) -> Iterator[None]:
    """Turn the long RuntimeError that XLA raises when memory runs out into a MemoryError of one sentence."""
    try:
        yield
    except RuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        wanted = re.search(r"[Oo]ut of memory[^.\n]*?[\d.]+ ?\w*B", str(error))
        raise MemoryError(f"{case}: on the {case.device}: {wanted[0] if wanted else 'out of memory'}") from error


def _check_memory(case: Case, predicted: float) -> None:
    # The free memory of this machine says nothing about a GPU; there, only the budget decides.
    available = available_bytes() if case.device == "cpu" else None
    for words, limit in (("the budget is", memory_budget(case)), ("this machine has", available)):
        if limit is not None and predicted > limit:
            raise Unsupported(f"{case}: needs {gigabytes(predicted)}; {words} {gigabytes(limit)}")
