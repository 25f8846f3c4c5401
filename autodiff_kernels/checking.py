"""check(result, case, inputs): compare the result of a program with the oracle of its problem."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff_kernels.accuracy import blocks_of, relative_errors, scales, tolerance
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.fits import fitted, stopping_error
from autodiff_kernels.inputs import are_measured, measured_inputs
from autodiff_kernels.modes import MODES
from autodiff_kernels.problems import Inputs, Problem


class WrongResult(ArithmeticError):
    """A program returned NaN, inaccurate numbers, a wrong shape or a wrong dtype. Such a program is never timed."""


def check(result: Any, case: Case, inputs: Inputs) -> float:
    """The relative error of `result`, which a program of `case` computed from `inputs`.

    Raises InvalidCase if the inputs have no exact result that is finite and well conditioned, and WrongResult if the
    result differs from it by more than the tolerance, or in shape or dtype.
    """
    array = np.asarray(result)
    if are_measured(case, inputs):  # whose oracle may have been evaluated before
        expected = measured_oracle(case)
    elif case.is_fit:
        refuse_ill_conditioned(case, inputs)
        expected = fitted(case, inputs.astype("float64"), array)
    else:
        expected = oracle(case, inputs)
    return _checked_error(case, array, expected, inputs)


#: The last exact results at measured inputs, by what they depend on: modes and backends share them.
_measured: dict[tuple[object, ...], tuple[Problem, np.ndarray]] = {}
#: How many of them are kept.
KEPT = 4


def measured_oracle(case: Case) -> np.ndarray:
    """The exact result of `case` at the measured inputs, which all modes with the same result share."""
    question = (case.problem, case.formulation, case.size, case.dtype, case.settings, MODES[case.mode].result)
    definition, expected = _measured.get(question, (None, None))
    if definition is case.definition and expected is not None:
        refuse_ill_conditioned(case, measured_inputs(case))
        return expected
    expected = oracle(case, measured_inputs(case))
    _measured.pop(question, None)
    if len(_measured) >= KEPT:
        del _measured[next(iter(_measured))]
    _measured[question] = case.definition, expected
    return expected


def oracle(case: Case, inputs: Inputs) -> np.ndarray:
    """The exact result of `case` in float64. `inputs` have already been rounded to the dtype of the case."""
    refuse_ill_conditioned(case, inputs)
    with np.errstate(all="ignore"):
        expected = np.asarray(_exact_result(case, inputs.astype("float64")))
    if not np.isfinite(expected).all():
        raise InvalidCase(
            f"{case}: the exact result is not finite at these inputs: expected inputs with a finite result"
        )
    return expected


def refuse_ill_conditioned(case: Case, inputs: Inputs) -> None:
    """Raise InvalidCase, with the reason, if no program can meet the tolerance at these inputs."""
    with np.errstate(all="ignore"):
        reason = case.definition.ill_conditioned(
            inputs.astype("float64"), float(np.finfo(case.dtype).eps), tolerance(case)
        )
    if reason is not None:
        raise InvalidCase(f"{case}: {reason}")


def _exact_result(case: Case, exact: Inputs) -> np.ndarray:
    problem, result = case.definition, MODES[case.mode].result
    if result == "value":
        return problem.value(exact, case.formulation)
    if result == "derivative":
        return problem.derivative(exact, case.formulation)
    if result == "hessian_product" and problem.hessian_product:
        return problem.hessian_product(exact, case.formulation, exact.parameters)
    if problem.hessian is None:
        raise Unsupported(f"{case}: {case.problem} has no oracle for second derivatives")
    hessian = problem.hessian(exact, case.formulation)
    return hessian if result == "hessian" else hessian @ exact.parameters


def _rounding(case: Case, inputs: Inputs, expected: np.ndarray) -> np.ndarray:
    """The absolute error of each entry that rounding explains, of the oracle and of the program."""
    exact, kind = inputs.astype("float64"), MODES[case.mode].result
    if case.is_fit:
        return np.zeros(()) if are_measured(case, inputs) else stopping_error(case, exact, expected)
    # A result below the smallest normal number has few digits left, or none.
    found = np.full((), np.finfo(case.dtype).tiny)
    if case.definition.rounding and kind in ("value", "derivative"):
        both = case.definition.rounding(exact, case.formulation)
        found = found + 2 * (both.value if kind == "value" else both.derivative)
    if kind == "derivative" and (case.mode == "finite_difference" or not case.form.blocks):
        # The value is rounded too, and a difference of two values has the rounding error of the values.
        epsilon = float(np.finfo(case.dtype).eps)
        of_value = 10 * epsilon ** (2 / 3) if case.mode == "finite_difference" else 4 * epsilon
        value = np.abs(case.definition.value(exact, case.formulation))[..., None]
        found = found + of_value * value / np.where(exact.parameters == 0, 1, np.abs(exact.parameters))
    return found


def _checked_error(case: Case, result: np.ndarray, expected: np.ndarray, inputs: Inputs) -> float:
    if result.shape != expected.shape:
        raise WrongResult(f"{case}: the result has shape {result.shape}: expected {expected.shape}")
    if str(result.dtype) != case.dtype:
        raise WrongResult(f"{case}: the result has dtype {result.dtype}: expected {case.dtype}")
    blocks, allowed = blocks_of(case), tolerance(case)
    errors = relative_errors(result, expected, blocks)
    worst = np.unravel_index(np.argmax(errors), errors.shape)
    if not errors[worst] <= allowed:
        # Near a zero of the sum of large terms, both the oracle and the program round to more than the tolerance.
        with np.errstate(all="ignore"):
            rounding = np.broadcast_to(_rounding(case, inputs, expected), expected.shape)
        rounding = np.where(np.isfinite(rounding), rounding, 0)  # a bound that is infinite would accept anything
        difference = result.astype(np.float64) - expected
        unexplained = np.where(np.abs(difference) <= rounding, 0, np.abs(difference) - rounding)
        if np.all(unexplained <= allowed * scales(expected, blocks)):
            return float(np.max(relative_errors(expected + unexplained, expected, blocks)))
        raise WrongResult(
            f"{case}: the result differs from the oracle: relative error {errors[worst]:.2e}, tolerance {allowed:.0e}; "
            f"{result[worst]:.9g} at {tuple(map(int, worst))}, expected {expected[worst]:.9g}, where rounding explains "
            f"{rounding[worst]:.0e}"
        )
    return float(errors[worst])
