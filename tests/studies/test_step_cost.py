"""The loops in C give the value and the gradient of the oracle."""

import numpy as np
import pytest

from autodiff_kernels import Case, check, measured_inputs
from autodiff_kernels.ranking import Cost
from studies.modes.__main__ import Costs
from studies.step_cost import __main__ as command


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return command.library(tmp_path_factory.mktemp("library"))


@pytest.mark.parametrize("mode", ["value", "explicit"])
@pytest.mark.parametrize("problem", command.LOOPS)
def test_a_loop_in_c_agrees_with_the_oracle(problem, mode, loaded):
    case = Case(problem, "autograd", mode, 50, formulation=command.LOOPS[problem][0])
    gradient = np.empty(case.parameter_count) if mode == "explicit" else None
    value = command.call_in_c(loaded, case, gradient)()
    assert check(np.asarray(value) if gradient is None else gradient, case, measured_inputs(case)) < 1e-12


def test_the_modes_of_a_loop_have_times_of_one_step(monkeypatch):
    monkeypatch.setattr(command, "SIZES", {"jax": 10, "autograd": 10})
    monkeypatch.setattr(command, "ROUNDS", 1)
    monkeypatch.setattr(command, "costs_of", _costs)
    assert command.in_backend("state_space", "autograd", "float64") == [0.1, 0.1, None, 0.1, 0.1]


def _costs(cases, rounds):
    return Costs({case: Cost(case, 1.0, 0.0, None, 0.0) for case in cases if case.mode != "forward"}, {})


def test_a_time_has_three_digits_or_is_whole():
    assert [command.written(seconds) for seconds in (4.25e-8, 1.234e-6, None)] == ["42.5 ns", "1,234 ns", ""]


def test_no_compiler_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="no C compiler: expected one with the name cc"):
        command.library(tmp_path)
