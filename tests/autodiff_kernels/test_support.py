"""Every cell that is declared unsupported fails as its rule says."""

from dataclasses import replace
from importlib import import_module

import jax
import pytest

from autodiff_kernels import (
    MODES,
    PROBLEMS,
    Unsupported,
    WrongResult,
    budgets,
    build,
    cells,
    check,
    is_slow,
    measured_inputs,
    prepare,
    programs,
    support,
    why_unsupported,
)
from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.backends.jax import MODELS, x64
from autodiff_kernels.backends.jax.modes import program
from autodiff_kernels.cases import Case
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.programs import import_backend


def _unsupported(fails: str) -> list:
    """Cells that fail in one way. If they have to run or compile, one of a kind is quick.

    Of the cells above a budget, the first of a kind stands for the others, which need more. A cell that fails for
    another reason and is above a budget, too, does not run: the smaller ones of its kind do.
    """
    seen, parameters = set(), []
    for case in cells():
        rule = support.declared(case)
        if rule is None or rule.fails != fails:
            continue
        kind = (rule, case.problem, case.formulation, case.backend, case.mode)
        is_above_a_budget = any(each.fails == "budget" and each.applies(case) for each in support.RULES)
        if is_above_a_budget and kind in seen and fails in ("budget", "raises", "wrong"):
            continue
        runs = kind in seen if fails in ("wrong", "raises") else fails == "budget" and (rule, case.problem) in seen
        parameters.append(pytest.param(case, id=str(case), marks=[pytest.mark.slow] if runs else []))
        seen |= {kind, (rule, case.problem)}
    return parameters


@pytest.mark.parametrize("case", _unsupported("absent"))
def test_an_absent_mode_is_missing_from_the_backend(case):
    backend = import_module(f"autodiff_kernels.backends.{case.backend}")
    assert case.mode not in (*backend.TRANSFORMS, "explicit")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_has_every_mode_that_it_offers(backend):
    module = import_module(f"autodiff_kernels.backends.{backend}")
    assert {*module.TRANSFORMS, "explicit"} == BACKENDS[backend].modes - {"lapack"}
    assert set(module.MODELS) == set(BACKENDS[backend].problems or PROBLEMS)


@pytest.mark.parametrize("case", _unsupported("scope"))
def test_scope_is_a_choice_that_the_offer_states(case):
    offer, form = BACKENDS[case.backend], case.form
    assert (
        case.dtype not in offer.dtypes
        or case.problem not in (offer.problems or PROBLEMS)
        or (case.definition.fits and (case.dtype != "float64" or case.jit != offer.jit[0]))
        or any((one.mode, one.fails) == (case.mode, "scope") for one in form.refusals)
        or (case.mode == "custom_rule" and case.backend not in form.custom_rules)
        or (case.mode == "checkpoint" and case.backend not in form.checkpoints)
        or (case.mode == "lapack" and case.backend not in form.lapack)
        or (case.mode == "chunked_reverse" and case.output_count == 1)
        or (
            MODES[case.mode].is_second_order
            and (
                case.definition.hessian is None
                or form != next(iter(case.definition.formulations.values()))
                or case.size > 400
            )
        )
        or (case.mode == "finite_difference" and tolerance(case) > 0.3)
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("problem", "formulation"), sorted({(case.problem, case.formulation) for case in cells()}))
def test_models_have_the_rules_and_checkpoints_that_the_offer_states(backend, problem, formulation):
    model = import_module(f"autodiff_kernels.backends.{backend}").MODELS[problem](formulation)
    form = PROBLEMS[problem].formulations[formulation]
    assert (model.custom_rule is not None) == (backend in form.custom_rules)
    assert (model.checkpointed is not None) == (backend in form.checkpoints)
    if model.custom_rule is None:
        with pytest.raises(LookupError, match="no function for mode custom_rule"):
            model.differentiated("custom_rule")


def _checked_without_rules(case):
    """Prepare, run and check a case that the rules declare unsupported."""
    inputs = measured_inputs(case)
    return check(import_backend(case).prepare(case, inputs, lambda: 0.0).run(), case, inputs)


@pytest.mark.parametrize("case", _unsupported("raises"))
def test_a_cell_declared_to_raise_raises(case):
    (message,) = {one.error for one in case.form.refusals if one.mode == case.mode and one.backend == case.backend}
    with pytest.raises((NotImplementedError, TypeError, ValueError), match=message) as caught:
        _checked_without_rules(case)
    assert not isinstance(caught.value, Unsupported)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the wrong result is often a logarithm of zero
@pytest.mark.parametrize("case", _unsupported("wrong"))
def test_a_cell_declared_wrong_returns_a_wrong_result(case):
    with pytest.raises(WrongResult, match="relative error"):
        _checked_without_rules(case)


def _operations_of_compiler(case):
    """The operations that XLA counts in the objective."""
    objective = Case(case.problem, "jax", "value", case.size, formulation=case.formulation)
    with x64(True):
        inputs = measured_inputs(objective)
        arguments = (inputs.parameters, *inputs.data.values())
        compiled = jax.jit(program(objective, MODELS[case.problem](case.formulation))).lower(*arguments).compile()
    counted = compiled.cost_analysis()
    return (counted[0] if isinstance(counted, list) else counted)["flops"]


def _calls(case, size):
    """The calls of functions that autograd counts in the objective at a size."""
    return build(Case(case.problem, "autograd", "value", size, formulation=case.formulation)).work()["function_calls"]


@pytest.mark.parametrize("case", _unsupported("budget"))
def test_a_cell_declared_above_a_budget_exceeds_it(case):
    passes = budgets.sequential_passes(case)
    if "steps in Python" in why_unsupported(case):
        calls = [_calls(case, size) for size in (2, 3, 5)]
        # Some calls for each step.
        assert calls[2] - calls[1] == 2 * (calls[1] - calls[0]) > 0
        return
    if "operations in its passes" in why_unsupported(case):
        assert 0.3 < _operations_of_compiler(case) / case.form.operations(case.size).value < 3
        return
    if passes > budgets.PASS_BUDGET:
        # Count the passes at the size with the fewest.
        least = min(
            (replace(case, size=size) for size in case.form.sizes), key=lambda case: budgets.sequential_passes(case)
        )
        passes_of_least = budgets.sequential_passes(least)
        if case.backend == "autograd":
            kind = "pull_backs" if "reverse" in case.mode else "objective_calls"
            counted = build(least).work()[kind]
            # A transposed pull-back takes two passes per parameter; all parameters share the first.
            assert counted == least.parameter_count + 1 if case.mode == "double_reverse" else counted == passes_of_least
        else:
            assert (case.mode, passes) == ("chunked_reverse", case.output_count)
        return
    compiled = Case(case.problem, "jax", case.mode, case.size, dtype=case.dtype, formulation=case.formulation)
    prepared = import_module("autodiff_kernels.backends.jax").prepare(compiled, measured_inputs(compiled), lambda: 0.0)
    # Some releases of JAX do without the basis of all parameters; such a cell has too many operations.
    is_too_large = prepared.predicted_bytes > budgets.MEMORY_BUDGET
    assert is_too_large or budgets.operations_of_passes(case) > budgets.OPERATION_BUDGET


def _predictable():
    """Compiled cells whose largest array outweighs what is constant; all but one of a kind are marked slow."""
    seen = set()
    for case in cells():
        if not case.jit or case.form.largest_array(case.size) not in range(1_000, 100_000) or why_unsupported(case):
            continue
        # The compiler sums real numbers without storing the terms, but stores complex ones. Of a loop, it keeps values
        # of each step in some modes only.
        if (case.problem, case.mode) in (("decays", "complex_step"), ("smoothness", "complex_step")) or case.form.steps:
            continue
        kind = (case.problem, case.mode)
        yield pytest.param(case, id=str(case), marks=[pytest.mark.slow] if kind in seen else [])
        seen.add(kind)


@pytest.mark.parametrize("case", [*_predictable()])
def test_prediction_from_shapes_is_close_to_the_compilers(case):
    prepared = import_module("autodiff_kernels.backends.jax").prepare(case, measured_inputs(case), lambda: 0.0)
    assert prepared.predicted_bytes / 4 < budgets.predicted_bytes(case) < prepared.predicted_bytes * 6


def test_every_unsupported_cell_has_a_reason():
    reasons = [why_unsupported(case) for case in cells() if support.declared(case)]
    assert reasons
    assert all(len(reason) > 10 for reason in reasons)


def test_unsupported_shows_as_not_available_and_names_the_reason():
    with pytest.raises(NotImplementedError, match=r"timeline/jax/reverse/m=40000: needs 25.6 GB; the budget is 4 GB"):
        build("timeline/jax/reverse/m=40000")


def test_slow_cells_are_those_with_forty_thousand_sequential_passes():
    slow = [str(case) for case in cells() if is_slow(case) and why_unsupported(case) is None]
    assert {case.replace("/dtype=float32", "") for case in slow} == {
        "timeline/autograd/reverse/m=40000",
        "timeline/autograd/reverse/m=40000/formulation=cdf",
        "timeline/autograd/reverse/m=40000/formulation=weibull",
        "timeline/jax/chunked_reverse/m=40000",
        "timeline/jax/chunked_reverse/m=40000/formulation=cdf",
        "timeline/jax/chunked_reverse/m=40000/formulation=weibull",
        "decays/autograd/reverse/m=40000",
        "decays/autograd/forward/m=2",
        "decays/autograd/complex_step/m=2",
        "decays/jax/chunked_reverse/m=40000",
    }


@pytest.mark.parametrize("case", ["rbf/jax/value/d=10000", "rbf/jax/value/d=100/jit=off", "rbf/autograd/value/d=100"])
def test_too_little_memory_is_reported_with_both_figures(case, monkeypatch):
    monkeypatch.setattr(programs, "available_bytes", lambda: 100)
    monkeypatch.setattr(programs, "built", {})
    with pytest.raises(Unsupported, match=r"needs .* GB; this machine has 1e-07 GB"):
        build(case)


def test_a_reason_writes_large_sizes_in_full():
    assert "needs 16,000 GB; the budget is 4 GB" in why_unsupported(
        Case("covariance", "jax", "reverse", 1000, formulation="full")
    )


def test_the_compilers_prediction_of_memory_counts_too(monkeypatch):
    case = Case.parse("rbf/jax/value/d=10000")
    monkeypatch.setattr(programs, "available_bytes", lambda: 1000)
    monkeypatch.setattr(programs, "predicted_bytes", lambda case: 0)
    with pytest.raises(Unsupported, match=r"needs 0\.000\d+ GB; this machine has 1e-06 GB"):
        prepare(case, measured_inputs(case))
