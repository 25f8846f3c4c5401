"""Benchmarks that measure nothing get a note: they take nanoseconds and do not react to their parameter."""

import pytest

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.decide.insensitive import insensitive


def _notes(parameter, values, unit="seconds", floor=0.05, name="n"):
    benchmark = Benchmark("b.time_x", "time", unit, "1", (tuple(parameter),), (name,))
    cells = dict(zip(benchmark.cells, values, strict=True))
    return insensitive([benchmark], cells, lambda cell: floor)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        (["10", "100", "1000"], [51e-9, 50e-9, 51.5e-9]),
        (["1000", "10"], [0.9e-6, 0.91e-6]),
        (["0.5", "1.0", "5.0"], [30e-9, 30e-9, 30e-9]),
        (["np.int64(10)", "np.int64(1000)"], [50e-9, 50e-9]),
        (["(10, 10)", "(100, 100)"], [50e-9, 50e-9]),
    ],
)
def test_nanoseconds_that_are_flat_over_a_parameter_get_a_note(parameter, values):
    (note,) = _notes(parameter, values, name="size")
    assert note.startswith("b.time_x does not react to its parameter size: ")


@pytest.mark.parametrize(
    ("parameter", "values", "unit"),
    [
        (["10", "100"], [50e-9, 60e-9], "seconds"),  # beyond the noise floor
        (["10", "100"], [1.1e-6, 1.1e-6], "seconds"),  # does some work
        (["10", "99"], [50e-9, 50e-9], "seconds"),  # grows less than tenfold
        (["10", "100"], [50e-9, None], "seconds"),  # a cell without a number
        (["10", "100"], [50e-9, float("nan")], "seconds"),
        (["'10'", "'100'"], [50e-9, 50e-9], "seconds"),  # names
        (["False", "True"], [50e-9, 50e-9], "seconds"),
        (["0", "100"], [50e-9, 50e-9], "seconds"),
        (["100"], [50e-9], "seconds"),
        (["1", f"1{400 * '0'}"], [50e-9, 50e-9], "seconds"),  # no float holds it
        (["1", 5000 * "("], [50e-9, 50e-9], "seconds"),
        (["('a', 10)", "('a', 100)"], [50e-9, 50e-9], "seconds"),
        (["10", "100"], [0.5e-6, 0.5e-6], "relative error"),
        (["1", "10", "100", "1000"], [50e-9, 52e-9, 54e-9, 56e-9], "seconds"),  # grows by small steps
    ],
)
def test_a_benchmark_that_reacts_or_may_react_gets_no_note(parameter, values, unit):
    assert _notes(parameter, values, unit) == []


def test_each_parameter_is_judged_for_equal_values_of_the_others():
    benchmark = Benchmark("b.time_x", "time", "seconds", "1", (("10", "1000"), ("1", "50")), ("n", "m"))
    values = dict(zip(benchmark.cells, [50e-9, 200e-9, 50e-9, 200e-9], strict=True))
    (note,) = insensitive([benchmark], values, lambda cell: 0.05)
    assert "its parameter n:" in note
    assert insensitive([Benchmark("b.time_y", "time", "seconds", "1")], {"b.time_y": 50e-9}, lambda cell: 0.05) == []
