"""Ranking the gradients of one model: which cases are measured, ties, and the break-even calls."""

import math
import mmap
import os

import numpy as np
import pytest

from autodiff_kernels import Case, ranking
from autodiff_kernels.__main__ import main
from autodiff_kernels.memory import PeakGauge
from autodiff_kernels.ranking import Cost, break_even_calls, candidates, legend, measure, ranks, table


def _cost(backend, mode, call, build_time, peak=2_000_000):
    return Cost(Case("mvn", backend, mode, 500), call, build_time, peak, 1e-15)


COSTS = [
    _cost("jax", "value", 0.001, 0.1),
    _cost("jax", "explicit", 0.002, 0.5),
    _cost("jax", "reverse", 0.003, 0.6),
    _cost("autograd", "value", 0.004, 0.004),
    _cost("autograd", "reverse", 0.007, 0.01, None),
]


def test_the_fastest_is_first_and_the_objective_is_not_ranked():
    above, header, *rows = table(COSTS)
    assert above.split() == ["×", "×", "build", "break-even"]
    assert header.split() == ["gradient", "time", "objective", "explicit", "memory", "time", "error", "calls"]
    assert [row.split()[1:3] for row in rows] == [["jax", "explicit"], ["jax", "reverse"], ["autograd", "reverse"]]
    assert " ".join(rows[1].split()) == "2 jax reverse 3 ms 3.00 1.50 2.0 MB 600 ms 1e-15 149"
    assert " ".join(rows[2].split()) == "3 autograd reverse 7 ms 1.75 10 ms 1e-15 1"
    assert max(map(len, (above, header, *rows, *legend()))) <= 100


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([3.70, 3.72, 3.85], [1, 1, 1]),
        ([3.70, 3.72, 3.85, 3.90], [1, 1, 1, 4]),
        # Every time is compared with the first of its rank, so a chain of small steps does not join.
        ([1.00, 1.04, 1.08, 1.12, 1.20], [1, 1, 3, 3, 5]),
        ([2.0], [1]),
    ],
)
def test_times_within_the_noise_share_a_rank(times, expected):
    assert ranks(times) == expected


def test_ties_share_a_rank_in_the_table():
    tied = [_cost("jax", "explicit", 3.70e-3, 0.1), _cost("autograd", "explicit", 3.72e-3, 0.1), COSTS[2]]
    assert [row.split()[:3] for row in table(tied)[2:]] == [
        ["1", "jax", "reverse"],
        ["2", "jax", "explicit"],
        ["2", "autograd", "explicit"],
    ]
    assert any("5% longer" in line for line in legend())


def test_break_even_calls():
    gradients = [cost for cost in COSTS if cost.case.mode != "value"]
    explicit, reverse, slow = gradients
    assert break_even_calls(slow, gradients) == 1
    # The build takes 0.49 s more, and each later call 5 ms less.
    assert break_even_calls(explicit, gradients) == 99
    after = {calls: [cost.build_time + (calls - 1) * cost.call for cost in (explicit, slow)] for calls in (98, 99)}
    assert after[98][0] > after[98][1]
    assert after[99][0] == pytest.approx(after[99][1])
    assert break_even_calls(_cost("jax", "forward", 0.008, 0.6), gradients) == math.inf
    assert break_even_calls(reverse, gradients) == 149


def test_a_cost_is_measured_with_its_peak():
    (cost,) = measure([Case("mvn", "autograd", "finite_difference", 1000)], 0.01, lambda number, case: None)
    assert min(cost.call, cost.build_time) > 0
    assert cost.error < 1e-5
    if os.path.exists("/proc/self/clear_refs"):
        assert cost.peak_bytes >= 2 * 8 * 1000**2, "two matrices at least"


def test_a_gauge_counts_memory_that_was_freed_before_its_reading():
    gauge, size = PeakGauge(), 32_000_000
    with mmap.mmap(-1, size) as pages:  # an array may reuse memory that this process already holds
        pages.write(bytes(size))
    assert gauge.peak_bytes() is None or gauge.peak_bytes() >= 0.99 * size


def test_after_a_failure_the_other_cases_are_measured():
    cases = [Case("rbf", "autograd", "reverse", 1), Case("mvn", "autograd", "forward", 3)]
    told = []
    found = list(measure(cases, 0.01, lambda number, case: told.append((number, case))))
    assert told == list(enumerate(cases, 1))
    assert isinstance(found[0], Cost)
    assert found[1] == "autograd has no forward-mode rule for cholesky, solve and solve_triangular"


def _fails_for_mvn(case, seconds):
    if case.problem == "mvn":
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    return Cost(case, 1.0, 1.0, None, 0.0)


def test_a_matrix_that_cannot_be_factorised_does_not_end_the_comparison(monkeypatch):
    monkeypatch.setattr(ranking, "cost_of", _fails_for_mvn)
    cases = [Case("mvn", "autograd", "value", 3), Case("rbf", "autograd", "value", 1)]
    why, cost = measure(cases, 0.01, lambda *told: None)
    assert why == "the matrix is not positive definite"
    assert isinstance(cost, Cost)


def test_candidates_are_all_modes_that_a_backend_has():
    cases = candidates("mvn", 500, "float64", "", ["autograd"])
    assert {case.mode for case in cases} >= {"value", "explicit", "reverse", "forward", "finite_difference"}
    assert {case.backend for case in cases} == {"autograd"}


def test_candidates_are_the_chosen_modes_and_the_objective_without_duplicates():
    cases = candidates("mvn", 500, "float64", "", ["jax", "autograd", "jax"], ["reverse", "linearize", "reverse"])
    assert [(case.backend, case.mode) for case in cases] == [
        ("jax", "value"),
        ("jax", "reverse"),
        ("jax", "linearize"),
        ("autograd", "value"),
        ("autograd", "reverse"),
        ("autograd", "linearize"),
    ]


def test_the_command_ranks_and_names_the_cases_that_it_left_out(capsys):
    assert main(["compare", "mvn", "--n", "20", "--backend", "autograd", "--seconds", "0.01"]) == 0
    captured = capsys.readouterr()
    assert "autograd explicit" in captured.out
    assert "not measured: autograd forward: autograd has no forward-mode rule" in captured.out
    assert "break-even calls: " in captured.out
    announced, first, *_ = captured.err.splitlines()
    assert announced == "measuring 7 cases, one process each: about 10 s"
    assert first == "1 of 7: mvn/autograd/value/n=20"


def test_the_command_ranks_the_chosen_modes_once(capsys):
    twice = ["--backend", "autograd", "--backend", "autograd", "--mode", "explicit", "--mode", "explicit"]
    assert main(["compare", "rbf", "--d", "1", *twice, "--mode", "linearize", "--seconds", "0.01"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("autograd explicit") == 1
    assert "not measured: autograd linearize: autograd has no mode linearize" in captured.out
    assert "2 of 2: rbf/autograd/explicit/d=1" in captured.err


def test_a_mode_that_no_backend_runs_is_an_error_with_the_reasons(capsys):
    assert main(["compare", "mvn", "--n", "20", "--mode", "complex_step", "--mode", "chunked_reverse"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    reasons = captured.err.splitlines()
    assert "mvn/jax/complex_step/n=20: silently wrong" in reasons[0]
    assert "mvn/autograd/chunked_reverse/n=20: autograd has no mode chunked_reverse" in reasons
    assert len(reasons) == 4


@pytest.mark.parametrize("mode", ["revers", "value", "reverse_over_reverse"])
def test_a_mode_without_a_gradient_is_an_error(mode, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "mvn", "--n", "20", "--mode", mode])
    assert stopped.value.code == 2
    assert f"argument --mode: invalid choice: '{mode}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mvn"], "mvn needs a size: add --n SIZE"),
        (["mvn", "--m", "3"], "--m does not apply to mvn: set its size with --n"),
        (["mvn", "--n", "3", "--m", "3", "--d", "3"], "--d, --m do not apply to mvn: set its size with --n"),
        (["mvn", "--n", "3", "--formulation", "qr"], "unknown formulation 'qr' for problem 'mvn'"),
        (["mvn", "--n", "100000"], "the budget is 4 GB"),
    ],
)
def test_the_error_for_a_bad_request_states_what_is_allowed(arguments, message, capsys):
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
