"""build(case) → Program: compiled, placed on its device, called once and compared with the oracle."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from autodiff_kernels.accuracy import relative_errors, tolerance
from autodiff_kernels.backends.base import OnDevice
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.memory import available_bytes, gigabytes
from autodiff_kernels.modes import MODES
from autodiff_kernels.problems import Inputs
from autodiff_kernels.support import memory_budget, predicted_bytes, require_supported


class WrongResult(ArithmeticError):
    """A program returned NaN, inaccurate numbers, a wrong shape or a wrong dtype. Such a program is never timed."""


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


_programs: dict[Case, Program] = {}


def build(case: Case | str, inputs: Inputs | None = None, *, clock: Callable[[], float] = time.perf_counter) -> Program:
    """The program of `case`, built and checked once per process.

    `inputs` replaces the measured inputs of the problem and must have the same names and shapes. A program with
    `inputs` is not cached. `clock` is read at both ends of each stage of the build. Its last reading comes right after
    the first call and before the check, so a clock can measure memory as well.

    Raises InvalidCase for an invalid request, Unsupported for a case that cannot run, MemoryError if the memory of the
    device runs out, and WrongResult if the result differs from the oracle.
    """
    if isinstance(case, str):
        case = Case.parse(case)
    if not isinstance(case, Case):
        raise InvalidCase(f"case = {case!r}: expected a Case or its text, for example mvn/jax/reverse/n=1000")
    if inputs is None and case in _programs:
        return _programs[case]
    require_supported(case, measured_inputs=inputs is None)
    _check_memory(case, predicted_bytes(case))
    program = _build(case, inputs, clock)
    if inputs is None:
        _programs[case] = program
    return program


def preload(case: Case) -> None:
    """Import the backend and evaluate the oracle, so that processes forked from this one inherit both.

    The backend is not started, since a started backend does not survive a fork. Raises Unsupported and InvalidCase as
    `build` does.
    """
    require_supported(case)
    import_backend(case)
    _measured_oracle(case)


def make_inputs(case: Case) -> Inputs:
    """The measured inputs of `case` in float64."""
    return case.definition.inputs(case.size, 0, **dict(case.settings))


def _build(case: Case, inputs: Inputs | None, clock: Callable[[], float]) -> Program:
    """Build and check without consulting the support rules; None stands for the measured inputs."""
    measured = make_inputs(case)
    rounded = _rounded(case, measured if inputs is None else _of_the_same_shapes(case, inputs, measured))
    # The oracle rejects unsuitable inputs of a user before anything runs on them.
    expected = None if inputs is None else oracle(case, rounded)
    with _exhaustion_named(case):
        prepared = import_backend(case).prepare(case, rounded, clock)
        if prepared.predicted_bytes is not None:
            _check_memory(case, prepared.predicted_bytes)
        start = clock()
        try:
            result = prepared.run()
        except np.linalg.LinAlgError:
            oracle(case, rounded)  # raises InvalidCase, with advice, if the matrix is too close to singular
            raise
        seconds = {**prepared.seconds, "first_call": clock() - start}
    if expected is None:
        # Evaluated last: a gauge would otherwise report the memory of the oracle instead of the program's.
        expected = _measured_oracle(case)
    error = _checked_error(case, np.asarray(result), expected)
    return Program(case, prepared.run, error, seconds, prepared.work, prepared.on_device)


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


def import_backend(case: Case) -> ModuleType:
    """The module of the case's backend. Importing it starts no device."""
    return import_module(f"autodiff_kernels.backends.{case.backend}")


@lru_cache(maxsize=1)
def _measured_oracle(case: Case) -> np.ndarray:
    return oracle(case, _rounded(case, make_inputs(case)))


def oracle(case: Case, inputs: Inputs) -> np.ndarray:
    """The exact result of `case` in float64. `inputs` have already been rounded to the dtype of the case."""
    exact = inputs.astype("float64")
    reason = case.definition.ill_conditioned(exact, float(np.finfo(case.dtype).eps), tolerance(case))
    if reason is not None:
        raise InvalidCase(f"{case}: {reason}")
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.asarray(_exact_result(case, exact))
    if not np.isfinite(expected).all():
        raise InvalidCase(
            f"{case}: the exact result is not finite at these inputs: expected inputs with a finite result"
        )
    return expected


def _exact_result(case: Case, exact: Inputs) -> np.ndarray:
    problem, result = case.definition, MODES[case.mode].result
    if result == "value":
        return problem.value(exact, case.formulation)
    if result == "derivative":
        return problem.derivative(exact, case.formulation)
    if problem.hessian is None:
        raise Unsupported(f"{case}: {case.problem} has no oracle for second derivatives")
    hessian = problem.hessian(exact, case.formulation)
    return hessian if result == "hessian" else hessian @ exact.parameters


def _of_the_same_shapes(case: Case, inputs: Inputs, measured: Inputs) -> Inputs:
    """`inputs` in float64, in the order of `measured`. Raises InvalidCase if they do not match it."""
    wanted = {"parameters": measured.parameters, **measured.data}
    came = {"parameters": inputs.parameters, **inputs.data}
    if came.keys() != wanted.keys():
        raise InvalidCase(f"{case}: inputs {', '.join(sorted(came))}: expected {', '.join(sorted(wanted))}")
    arrays = {name: np.asarray(came[name]) for name in wanted}
    for name, array in arrays.items():
        if array.shape != wanted[name].shape:
            raise InvalidCase(f"{case}: {name} has shape {array.shape}: expected {wanted[name].shape}")
        if array.dtype.kind not in "fiu":
            raise InvalidCase(f"{case}: {name} has dtype {array.dtype}: expected real numbers")
    for name, number in case.settings:
        if arrays[name] != number:
            raise InvalidCase(f"{case}: {name} = {arrays[name]} in the inputs: expected {number}, as in the case")
    parameters = arrays.pop("parameters")
    return Inputs(parameters, arrays).astype("float64")


def _rounded(case: Case, inputs: Inputs) -> Inputs:
    """`inputs` in the dtype of the case. Raises InvalidCase unless all are finite, and positive if they have to be."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = inputs.astype(case.dtype)
    for name, array in (("parameters", rounded.parameters), *rounded.data.items()):
        if not np.isfinite(array).all():
            bad = array[~np.isfinite(array)].ravel()[0]
            raise InvalidCase(f"{case}: {name} contains {bad} in {case.dtype}: expected finite numbers")
    names = case.form.parameter_names
    # If the number of parameters depends on the size, one name stands for all of them.
    parameters = rounded.parameters[None] if case.form.parameters_of_size else rounded.parameters
    named = {**dict(zip(names, parameters, strict=True)), **rounded.data}
    for name in sorted(case.form.positive):
        if not np.all(named[name] > 0):
            raise InvalidCase(f"{case}: {name} = {np.min(named[name])} in {case.dtype}: expected a number above zero")
    return rounded


def _check_memory(case: Case, predicted: float) -> None:
    # The free memory of this machine says nothing about a GPU; there, only the budget decides.
    available = available_bytes() if case.device == "cpu" else None
    for words, limit in (("the budget is", memory_budget(case)), ("this machine has", available)):
        if limit is not None and predicted > limit:
            raise Unsupported(f"{case}: needs {gigabytes(predicted)}; {words} {gigabytes(limit)}")


def _checked_error(case: Case, result: np.ndarray, expected: np.ndarray) -> float:
    if result.shape != expected.shape:
        raise WrongResult(f"{case}: the result has shape {result.shape}: expected {expected.shape}")
    if str(result.dtype) != case.dtype:
        raise WrongResult(f"{case}: the result has dtype {result.dtype}: expected {case.dtype}")
    errors, allowed = relative_errors(result, expected), tolerance(case)
    worst = np.unravel_index(np.argmax(errors), errors.shape)
    if not errors[worst] <= allowed:
        raise WrongResult(
            f"{case}: the result differs from the oracle: relative error {errors[worst]:.2e}, tolerance {allowed:.0e}; "
            f"{result[worst]:.9g} at {tuple(map(int, worst))}, expected {expected[worst]:.9g}"
        )
    return float(errors[worst])
