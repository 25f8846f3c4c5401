"""Which gradient to use here: what is measured, how it is ranked, and when making it has paid for itself."""

import math
import os

import numpy as np
import pytest

from autodiff_kernels import Case, ranking
from autodiff_kernels.__main__ import _duration, main
from autodiff_kernels.memory import PeakGauge
from autodiff_kernels.ranking import Cost, calls_that_pay, candidates, measure, table


def _cost(backend, mode, call, making, peak=2_000_000):
    return Cost(Case("mvn", backend, mode, 500), call, making, peak, 1e-15)


COSTS = [
    _cost("jax", "value", 0.001, 0.1),
    _cost("jax", "explicit", 0.002, 0.5),
    _cost("jax", "reverse", 0.003, 0.6),
    _cost("autograd", "value", 0.004, 0.004),
    _cost("autograd", "reverse", 0.007, 0.01, None),
]


def test_the_fastest_is_first_and_the_objective_is_none_of_them():
    header, *rows = table(COSTS, _duration)
    assert header.split()[:2] == ["gradient", "time"]
    assert [row.split()[1:3] for row in rows] == [["jax", "explicit"], ["jax", "reverse"], ["autograd", "reverse"]]
    assert rows[1].split() == [
        "2",
        "jax",
        "reverse",
        "3",
        "ms",
        "3.00",
        "1.50",
        "2.0",
        "MB",
        "600",
        "ms",
        "1e-15",
        "149",
        "calls",
    ]
    assert rows[2].split() == ["3", "autograd", "reverse", "7", "ms", "1.75", "10", "ms", "1e-15", "one", "call"]


def test_calls_that_pay():
    gradients = [cost for cost in COSTS if cost.case.mode != "value"]
    explicit, reverse, slow = gradients
    assert calls_that_pay(slow, gradients) == 1
    # 0.49 s more up to the first result, and 5 ms less in each call after it.
    assert calls_that_pay(explicit, gradients) == 99
    after = {calls: [cost.making + (calls - 1) * cost.call for cost in (explicit, slow)] for calls in (98, 99)}
    assert after[98][0] > after[98][1]
    assert after[99][0] == pytest.approx(after[99][1])
    assert calls_that_pay(_cost("jax", "forward", 0.008, 0.6), gradients) == math.inf
    assert calls_that_pay(reverse, gradients) == 149


def test_a_cost_is_measured_with_its_peak():
    (cost,) = measure([Case("mvn", "autograd", "finite_difference", 1000)], 0.01, lambda number, case: None)
    assert 0 < cost.call < cost.making
    assert cost.error < 1e-5
    if os.path.exists("/proc/self/clear_refs"):
        assert cost.peak_bytes >= 2 * 8 * 1000**2, "two matrices at least"


def test_a_gauge_does_not_count_its_own_reading():
    gauge = PeakGauge()
    times = [gauge.clock() for _ in range(100)]
    assert times == sorted(times)


def test_what_fails_is_told_and_the_rest_goes_on():
    cases = [Case("rbf", "autograd", "reverse", 1), Case("mvn", "autograd", "forward", 3)]
    told = []
    found = list(measure(cases, 0.01, lambda number, case: told.append((number, case))))
    assert told == list(enumerate(cases, 1))
    assert isinstance(found[0], Cost)
    assert found[1] == "autograd has no forward-mode rule for cholesky, solve and solve_triangular"


def _fails_for_mvn(case, seconds):
    if case.problem == "mvn":
        raise np.linalg.LinAlgError("the first 2 rows and columns are not positive definite")
    return Cost(case, 1.0, 1.0, None, 0.0)


def test_a_matrix_that_cannot_be_factorised_ends_no_comparison(monkeypatch):
    monkeypatch.setattr(ranking, "cost_of", _fails_for_mvn)
    cases = [Case("mvn", "autograd", "value", 3), Case("rbf", "autograd", "value", 1)]
    why, cost = measure(cases, 0.01, lambda *told: None)
    assert why == "the first 2 rows and columns are not positive definite"
    assert isinstance(cost, Cost)


def test_candidates_are_all_modes_that_a_backend_has():
    cases = candidates("mvn", 500, "float64", "", ["autograd"])
    assert {case.mode for case in cases} >= {"value", "explicit", "reverse", "forward", "finite_difference"}
    assert {case.backend for case in cases} == {"autograd"}


def test_the_command_ranks_and_says_what_it_did_not_measure(capsys):
    assert main(["compare", "mvn", "--n", "20", "--backend", "autograd", "--seconds", "0.01"]) == 0
    captured = capsys.readouterr()
    assert "autograd explicit" in captured.out
    assert "not measured: autograd forward: autograd has no forward-mode rule" in captured.out
    assert "1 of " in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mvn"], "the size of mvn is n; add --n NUMBER"),
        (["mvn", "--m", "3"], "the size of mvn is n; add --n NUMBER"),
        (["mvn", "--n", "0"], "size n of 'mvn' is 0; it is a whole number ≥ 1"),
        (["mvn", "--n", "3", "--formulation", "qr"], "unknown formulation 'qr' for problem 'mvn'"),
        (["mvn", "--n", "100000"], "the budget is 4 GB"),
    ],
)
def test_a_bad_request_says_what_is_allowed(arguments, message, capsys):
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
