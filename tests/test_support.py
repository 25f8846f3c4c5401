"""Every cell that is declared unsupported fails in the way its rule says."""

from importlib import import_module

import autograd.core
import pytest

from autodiff_kernels import (
    PROBLEMS,
    Unsupported,
    WrongResult,
    build,
    cells,
    is_slow,
    programs,
    support,
    why_unsupported,
)
from autodiff_kernels.cases import Case
from autodiff_kernels.offers import BACKENDS


def _unsupported(fails: str) -> list:
    """Cells that fail in one way; all but the first size of a kind are slow where they have to run."""
    seen, parameters = set(), []
    for case in cells():
        rule = support.declared(case)
        if rule is None or rule.fails != fails:
            continue
        kind = (rule, case.problem, case.formulation, case.backend, case.mode, case.dtype, case.jit)
        runs = fails in ("wrong", "raises")
        parameters.append(pytest.param(case, id=str(case), marks=[pytest.mark.slow] if runs and kind in seen else []))
        seen.add(kind)
    return parameters


@pytest.mark.parametrize("case", _unsupported("absent"))
def test_absent_is_not_there(case):
    backend = import_module(f"autodiff_kernels.backends.{case.backend}")
    assert case.mode not in (*backend.TRANSFORMS, "explicit")


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_mode_that_is_offered_is_there(backend):
    module = import_module(f"autodiff_kernels.backends.{backend}")
    assert {*module.TRANSFORMS, "explicit"} == BACKENDS[backend].modes
    assert set(module.MODELS) == set(BACKENDS[backend].problems or PROBLEMS)


@pytest.mark.parametrize("case", _unsupported("scope"))
def test_scope_is_a_choice_that_the_offer_states(case):
    offer = BACKENDS[case.backend]
    assert case.dtype not in offer.dtypes or case.problem not in (offer.problems or PROBLEMS)


@pytest.mark.parametrize("case", _unsupported("raises"))
def test_raises(case):
    primitive = {"mvn": "cholesky", "timeline": "cdf|complex"}[case.problem]
    with pytest.raises((NotImplementedError, TypeError), match=primitive) as caught:
        programs._build(case, None, lambda: 0.0)
    assert not isinstance(caught.value, Unsupported)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the wrong result is often a logarithm of zero
@pytest.mark.parametrize("case", _unsupported("wrong"))
def test_is_wrong(case):
    with pytest.raises(WrongResult, match="relative error"):
        programs._build(case, None, lambda: 0.0)


@pytest.mark.parametrize("case", _unsupported("budget"))
def test_is_above_the_budget(case):
    if case.backend == "autograd":
        # How many pull-backs there are is counted at the smallest size, where they can be run.
        assert support.sequential_pull_backs(case) > support.PASS_BUDGET
        case = Case(case.problem, case.backend, case.mode, case.form.sizes[0], formulation=case.formulation)
        assert _pull_backs(case) == support.sequential_pull_backs(case)
        return
    compiled = Case(case.problem, "jax", case.mode, case.size, dtype=case.dtype, formulation=case.formulation)
    prepared = import_module("autodiff_kernels.backends.jax").prepare(
        compiled, programs.make_inputs(compiled).astype(case.dtype), lambda: 0.0
    )
    assert prepared.predicted_bytes > support.MEMORY_BUDGET


def _pull_backs(case: Case) -> int:
    count = 0
    original = autograd.core.backward_pass

    def counted(*arguments):
        nonlocal count
        count += 1
        return original(*arguments)

    program = build(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd.core, "backward_pass", counted)
        program()
    return count


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case))
        for case in cells()
        if case.jit and case.form.largest_array(case.size) in range(1_000, 100_000) and not why_unsupported(case)
    ],
)
def test_prediction_from_shapes_is_near_the_compilers(case):
    prepared = import_module("autodiff_kernels.backends.jax").prepare(
        case, programs.make_inputs(case).astype(case.dtype), lambda: 0.0
    )
    assert prepared.predicted_bytes / 4 < support.predicted_bytes(case) < prepared.predicted_bytes * 6


def test_every_unsupported_cell_says_why():
    reasons = [why_unsupported(case) for case in cells() if support.declared(case)]
    assert reasons
    assert all(len(reason) > 10 for reason in reasons)


def test_unsupported_shows_as_not_available_and_names_the_reason():
    with pytest.raises(NotImplementedError, match=r"timeline/jax/reverse/m=40000: needs 25.6 GB; the budget is 4 GB"):
        build("timeline/jax/reverse/m=40000")


def test_slow_cells_are_the_ones_of_forty_thousand_pull_backs():
    slow = [str(case) for case in cells() if is_slow(case) and why_unsupported(case) is None]
    assert slow == [
        "timeline/autograd/reverse/m=40000",
        "timeline/autograd/reverse/m=40000/formulation=cdf",
        "timeline/autograd/reverse/m=40000/formulation=weibull",
    ]


@pytest.mark.parametrize("case", ["rbf/jax/value/d=10000", "rbf/jax/value/d=100/jit=off", "rbf/autograd/value/d=100"])
def test_a_machine_with_less_memory_than_needed_says_both_figures(case, monkeypatch):
    monkeypatch.setattr(programs, "available_bytes", lambda: 100)
    monkeypatch.setattr(programs, "_programs", {})
    with pytest.raises(Unsupported, match=r"needs .* GB; this machine has 1e-07 GB"):
        build(case)


def test_what_the_compiler_predicts_counts_too(monkeypatch):
    case = Case.parse("rbf/jax/value/d=10000")
    monkeypatch.setattr(programs, "available_bytes", lambda: 1000)
    with pytest.raises(Unsupported, match=r"needs 0\.000\d+ GB; this machine has 1e-06 GB"):
        programs._build(case, None, lambda: 0.0)
