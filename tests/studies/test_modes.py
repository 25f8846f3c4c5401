"""The table of the best mode for each shape."""

import pytest

from autodiff_kernels import Case
from autodiff_kernels.ranking import Cost, why_left_out
from studies.modes import __main__ as command
from studies.modes import tables


def _costs(problem, sizes, seconds):
    cases = [
        Case(problem, backend, mode, size) for size in sizes for backend in ("jax", "autograd") for mode in seconds
    ]
    return {case: Cost(case, seconds[case.mode](case), 0.0, None, 0.0) for case in cases}


def test_the_best_mode_of_a_shape_has_its_passes_and_ratios():
    seconds = {
        "value": lambda case: 1.0,
        "explicit": lambda case: 1.5,
        "forward": lambda case: 2.5 * case.parameter_count,
        "reverse": lambda case: 4.0 * case.output_count,
    }
    rows = list(tables.crossover_rows("decays", _costs("decays", [2, 40_000], seconds)))
    assert rows[0] == ["2 × 40,000", "jax", "reverse", "8 s", "8.00", "5.33", "2 reverse", "forward 1e+05"]
    assert rows[-1] == ["40,000 × 2", "autograd", "forward", "5 s", "5.00", "3.33", "2 forward", "reverse 1.6e+05"]


def test_each_curve_has_its_rows():
    seconds = {"value": lambda case: 1.0, "explicit": lambda case: 2.0, "forward": lambda case: 3.0}
    cases = [
        Case("timeline", backend, mode, 40_000, formulation=curve)
        for curve in ("weibull", "cdf")
        for backend in ("jax", "autograd")
        for mode in seconds
    ]
    rows = list(
        tables.crossover_rows(
            "timeline", {case: Cost(case, seconds[case.mode](case), 0.0, None, 0.0) for case in cases}
        )
    )
    assert [row[0] for row in rows] == 2 * ["weibull, 40,000 × 2"] + 2 * ["cdf, 40,000 × 2"]
    assert rows[0] == ["weibull, 40,000 × 2", "jax", "forward", "3 s", "3.00", "1.50", "2 forward", ""]


def test_memory_has_a_row_for_each_mode():
    found = {
        case: Cost(case, 0.25, 1.0, peak, 0.0)
        for case, peak in [
            (Case.parse("mvn/jax/reverse/n=2000"), 500_000_000),
            (Case.parse("mvn/jax/checkpoint/n=2000"), None),
        ]
    }
    assert list(tables.memory_rows(found)) == [
        ["mvn/jax/n=2000", "reverse", "250 ms", "500 MB"],
        ["mvn/jax/n=2000", "checkpoint", "250 ms", ""],
    ]


@pytest.mark.parametrize(("subject", "modes"), [(subject, modes) for subject, *modes in tables.MEMORY])
def test_the_modes_that_are_compared_in_memory_run(subject, modes):
    for mode in modes:
        assert why_left_out(command.with_mode(subject, mode)) is None


def test_growth_is_the_slope_between_two_sizes():
    found = _costs("mvn", [500, 1000, 2000], dict.fromkeys(tables.GROWTH_MODES, lambda case: case.size**3 * 1e-9))
    assert tables.GROWTH_COLUMNS == ("", "500 to 1000", "1000 to 2000", "500 to 2000")
    assert list(tables.growth_rows(found)) == [
        [f"{backend} {mode.replace('_', ' ')}", "3.00", "3.00", "3.00"]
        for backend in ("jax", "autograd")
        for mode in tables.GROWTH_MODES
    ]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("ard/jax/finite_difference/d=16", "32 plain"),
        ("ard/jax/checkpoint/d=16", "1 plain + 1 reverse"),
        ("decays/autograd/forward/m=2", "40,000 forward"),
    ],
)
def test_passes_are_written_with_their_kind(case, expected):
    assert tables.passes(Case.parse(case)) == expected


def test_modes_that_fail_or_exceed_a_budget_are_named(monkeypatch):
    cases = [
        Case("timeline", "jax", mode, 40_000) for mode in ("value", "explicit", "reverse", "forward", "custom_rule")
    ]

    def measure(turn, seconds, tell, prepare):
        return ("it crashed" if case.mode == "value" else Cost(case, 0.25, 1.0, None, 0.0) for case in turn)

    monkeypatch.setattr(command, "measure", measure)
    costs = command.costs_of(cases, 2)
    assert [case.mode for case in costs.found] == ["explicit", "forward"]
    assert costs.notes() == [
        f"Not measured: timeline/jax/reverse/m=40000: {why_left_out(cases[2])}.",
        "Not measured: timeline/jax/value/m=40000: it crashed.",
    ]
    (row,) = tables.crossover_rows("timeline", costs.found)
    assert row == ["linear, 40,000 × 2", "jax", "forward", "250 ms", "—", "1.00", "2 forward", ""]


def test_a_growth_rate_needs_both_sizes():
    found = _costs("mvn", [500, 1000], {"value": lambda case: 1.0})
    del found[Case("mvn", "jax", "value", 500)]
    rows = list(tables.growth_rows(found))
    assert rows[0] == ["jax value", "—", "—", "—"]
    assert ["autograd value", "0.00", "—", "—"] in rows
    assert next(tables.growth_rows({})) == ["jax value", "—", "—", "—"]
