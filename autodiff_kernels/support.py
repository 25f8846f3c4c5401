"""Which cells run, and why the others do not. No backend is imported here, so a skip costs no `import jax`.

The tests verify the support matrix. They run each cell whose rule says `raises` or `wrong`, and expect that failure.
They compare the other rules with the backends and the compiler, and every supported cell with its oracle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.budgets import (
    OPERATION_BUDGET,
    PASS_BUDGET,
    STEP_BUDGET,
    memory_budget,
    operations_of_passes,
    predicted_bytes,
    sequential_passes,
    sequential_steps,
)
from autodiff_kernels.cases import Case, Unsupported
from autodiff_kernels.memory import gigabytes
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.problems import PROBLEMS, Refusal

#: The largest relative error that a difference may have: more says nothing about a derivative.
ROUGHEST = 0.3
#: The largest size at which second derivatives are measured.
SECOND_ORDER_SIZE = 400


@dataclass(frozen=True)
class Rule:
    """Cells that do not run: those for which `applies` holds. `reason` says why, and `fails` says how.

    - `absent`: the backend has no such mode, compiler or device.
    - `scope`: the suite leaves the cell out by choice.
    - `raises`: the program raises when it is built or run.
    - `wrong`: the program runs and returns a result that differs from the oracle.
    - `budget`: the memory or the passes, predicted from the shapes, exceed a budget (budgets.py).
    """

    applies: Callable[[Case], bool]
    reason: Callable[[Case], str]
    fails: str
    #: Whether the rule holds for the measured inputs only.
    of_measured_inputs: bool = False


def _logarithm(case: Case) -> float:
    """Of the intermediate number that may leave the range of the dtype; 0 without such a number."""
    intermediate = case.form.intermediate
    return intermediate.logarithm(case.size, dict(case.settings)) if intermediate else 0.0


def _leaves_the_range(case: Case) -> bool:
    if case.form.intermediate is None or case.mode == "explicit":
        return False
    limits = np.finfo(case.dtype)
    return not math.log(float(limits.tiny)) < _logarithm(case) < math.log(float(limits.max))


def _out_of_range(case: Case) -> str:
    intermediate, power = case.form.intermediate, _logarithm(case) / math.log(10)
    assert intermediate
    return (
        f"{intermediate.name} for {case.definition.size_name} = {case.size} is 1e{power:.0f}, "
        f"outside the range of {case.dtype}; {intermediate.advice}"
    )


def _refusal(case: Case, *fails: str) -> Refusal | None:
    """Why the formulation itself does not run in this mode on this backend, if it fails in one of these ways."""
    return next(
        (
            one
            for one in case.form.refusals
            if (one.mode == case.mode and one.backend in (None, case.backend) and one.fails in fails)
            and (case.jit or not one.only_compiled)
        ),
        None,
    )


def _refused(*fails: str) -> Callable[[Case], bool]:
    return lambda case: _refusal(case, *fails) is not None


def _why_refused(case: Case) -> str:
    refusal = _refusal(case, "scope", "raises", "wrong")
    assert refusal
    return refusal.reason


def _second_order_in_words() -> str:
    """The problems with an oracle of second derivatives, with their first formulations."""
    named = [
        f"{problem.name} with formulation={next(iter(problem.formulations))}"
        for problem in PROBLEMS.values()
        if problem.hessian
    ]
    return " and ".join(named)


RULES: tuple[Rule, ...] = (
    Rule(
        lambda case: case.problem not in (BACKENDS[case.backend].problems or PROBLEMS),
        lambda case: f"{case.backend} has no model of {case.problem}",
        "scope",
    ),
    Rule(
        lambda case: case.mode not in BACKENDS[case.backend].modes,
        lambda case: f"{case.backend} has no mode {case.mode}",
        "absent",
    ),
    Rule(
        lambda case: case.jit not in BACKENDS[case.backend].jit,
        lambda case: f"{case.backend} has no compiler",
        "absent",
    ),
    Rule(
        lambda case: case.device not in BACKENDS[case.backend].devices,
        lambda case: f"{case.backend} runs on {', '.join(BACKENDS[case.backend].devices)} only",
        "absent",
    ),
    Rule(
        lambda case: case.dtype not in BACKENDS[case.backend].dtypes,
        lambda case: f"{case.backend} is measured in {', '.join(BACKENDS[case.backend].dtypes)} only",
        "scope",
    ),
    Rule(
        lambda case: case.definition.fits and (case.dtype != "float64" or case.jit != BACKENDS[case.backend].jit[0]),
        lambda case: "fits are measured in float64 only, and compiled if the backend has a compiler",
        "scope",
    ),
    Rule(_refused("scope"), _why_refused, "scope"),
    Rule(
        lambda case: case.mode == "custom_rule" and case.backend not in case.form.custom_rules,
        lambda case: f"{case.backend} has no custom rule for this formulation",
        "scope",
    ),
    Rule(
        lambda case: case.mode == "checkpoint" and case.backend not in case.form.checkpoints,
        lambda case: "no intermediate value is both large and cheap to recompute",
        "scope",
    ),
    Rule(
        lambda case: case.mode == "lapack" and case.backend not in case.form.lapack,
        lambda case: "this formulation has no explicit derivative by LAPACK",
        "scope",
    ),
    Rule(
        lambda case: case.mode == "lapack" and case.device != "cpu",
        lambda case: "LAPACK runs on the CPU only",
        "absent",
    ),
    Rule(
        lambda case: case.mode == "chunked_reverse" and case.output_count == 1,
        lambda case: "the objective has one output, so its single pull-back cannot be split into chunks",
        "scope",
    ),
    Rule(
        lambda case: (
            MODES[case.mode].is_second_order
            and (case.definition.hessian is None or case.formulation != next(iter(case.definition.formulations)))
        ),
        lambda case: f"second derivatives are measured for {_second_order_in_words()} only",
        "scope",
    ),
    Rule(
        lambda case: (
            MODES[case.mode].is_second_order
            and case.size > SECOND_ORDER_SIZE
            and not (case.definition.hessian_product and MODES[case.mode].result == "hessian_product")
        ),
        lambda case: f"second derivatives are measured up to {case.definition.size_name} = {SECOND_ORDER_SIZE} only",
        "scope",
    ),
    Rule(_refused("raises"), _why_refused, "raises"),
    Rule(_refused("wrong"), _why_refused, "wrong"),
    Rule(
        lambda case: predicted_bytes(case) > memory_budget(case),
        lambda case: f"needs {gigabytes(predicted_bytes(case))}; the budget is {gigabytes(memory_budget(case))}",
        "budget",
    ),
    Rule(
        lambda case: sequential_passes(case) > PASS_BUDGET,
        lambda case: f"needs {sequential_passes(case):,} sequential passes; the budget is {PASS_BUDGET:,}",
        "budget",
    ),
    Rule(
        lambda case: sequential_steps(case) > STEP_BUDGET,
        lambda case: f"needs {sequential_steps(case):,} steps in Python; the budget is {STEP_BUDGET:,}",
        "budget",
    ),
    Rule(
        lambda case: case.device == "cpu" and operations_of_passes(case) > OPERATION_BUDGET,
        lambda case: (
            f"needs {operations_of_passes(case):.0e} operations in its passes; the budget is {OPERATION_BUDGET:.0e}"
        ),
        "budget",
    ),
    Rule(
        lambda case: case.mode == "finite_difference" and tolerance(case) > ROUGHEST,
        lambda case: (
            f"a difference has no correct digit in {case.dtype}: the rounding errors of all terms may add up to "
            f"{tolerance(case):.1g} of it"
        ),
        "scope",
    ),
    # After the budgets, since the intermediate number may take long to compute.
    Rule(_leaves_the_range, _out_of_range, "wrong", of_measured_inputs=True),
)


def declared(case: Case) -> Rule | None:
    """The first rule that declares `case` unsupported, or None."""
    return next((rule for rule in RULES if rule.applies(case)), None)


def why_unsupported(case: Case) -> str | None:
    """The reason why `case` does not run, or None if it does."""
    found = declared(case)
    return found.reason(case) if found else None


def require_supported(case: Case, *, measured_inputs: bool = True) -> None:
    """Raise Unsupported, with the reason, if `case` does not run.

    Without `measured_inputs`, only the rules that hold for any inputs count.
    """
    rule = declared(case)
    if rule is not None and (measured_inputs or not rule.of_measured_inputs):
        raise Unsupported(f"{case}: {rule.reason(case)}")
