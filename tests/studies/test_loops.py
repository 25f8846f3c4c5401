"""The tables of loops, and the loops in C, which give the value and the gradient of the oracle."""

import numpy as np
import pytest

from autodiff_kernels import check, measured_inputs
from autodiff_kernels.ranking import Cost
from studies.loops import __main__ as command
from studies.loops import in_c, tables
from studies.modes.__main__ import Costs


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return in_c.library(tmp_path_factory.mktemp("library"))


@pytest.mark.parametrize("mode", ["value", "explicit"])
@pytest.mark.parametrize("problem", tables.LOOPS)
def test_a_loop_in_c_agrees_with_the_oracle(problem, mode, loaded):
    case = tables.of_loop(problem, "autograd", mode, 50)
    gradient = np.empty(case.parameter_count) if mode == "explicit" else None
    value = in_c.call_in_c(loaded, case, gradient)()
    assert check(np.asarray(value) if gradient is None else gradient, case, measured_inputs(case)) < 1e-12
    assert in_c.seconds_of_step(loaded, case, 0.0) > 0


def test_the_library_keeps_subnormal_numbers(loaded):
    assert loaded
    assert float(np.multiply(5e-324, 1.0)) > 0


def test_each_table_has_its_declared_shape(monkeypatch, loaded):
    monkeypatch.setattr(command, "library", lambda folder: loaded)
    monkeypatch.setattr(command, "costs_of", _costs)
    # The compiler takes long for many steps.
    monkeypatch.setattr(command, "prepare", lambda case, inputs: _Prepared())
    monkeypatch.setattr(command, "measured_inputs", lambda case: None)
    found = list(command.measured(1))
    assert tuple((len(table.rows), len(table.columns)) for table in found) == tables.shape()
    assert all(len(row) == len(table.columns) for table in found for row in table.rows)
    assert found[0].rows[1] == ["the Kalman filter, jax float64", *["100,000 ns"] * 2, "", *["100,000 ns"] * 2]
    assert found[3].rows[0] == ["10", "value", "2 s", "2 s", "1 s", "1 s"]


class _Prepared:
    def work(self):
        return {"temporary_bytes": 1_000}


def _costs(cases, rounds):
    return Costs({case: Cost(case, 1.0, 2.0, None, 0.0) for case in cases if case.mode != "forward"}, {})


def test_numbers_in_words():
    assert [tables.nanoseconds(one) for one in (4.25e-8, 1.234e-6, 1.016036e-3, None)] == [
        "42.5 ns",
        "1,234 ns",
        "1,016,000 ns",
        "",
    ]
    assert [tables.megabytes(one) for one in (1_234, 12_340_000)] == ["0.001 MB", "12.3 MB"]


def test_no_compiler_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="no C compiler: expected one with the name cc"):
        in_c.library(tmp_path)
