"""The table of the results of a machine."""

import sys

import pytest

from studies.main_table import __main__ as table


def test_table_of_results_shows_times_as_multiples_of_the_objective(monkeypatch, capsys):
    class FakeResults:
        def get_all_result_keys(self):
            return ["gradients.MVNLogDensity.time_gradient"]

        def get_result_params(self, benchmark):
            return [["3", "100"], ["'jax'"], ["'value'", "'reverse'", "'forward'"], ["'float64'"]]

        def get_result_value(self, benchmark, parameters):
            return [1e-5, 3e-5, float("nan"), 2e-3, None, 5e-3]

    monkeypatch.setattr(table, "results_of", lambda *arguments: iter([FakeResults()]))
    monkeypatch.setattr(sys, "argv", ["table", "desk"])
    table.main()
    text = capsys.readouterr().out
    assert "nan" not in text
    assert "| MVN log-density, n = 3 | jax | 10 µs | | | 3.0 × | | | |" in text
    assert "| MVN log-density, n = 100 | jax | 2 ms | | | | 2.5 × | | |" in text


def test_table_without_results_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(table, "results_of", lambda *arguments: iter([]))
    monkeypatch.setattr(sys, "argv", ["table", "desk"])
    with pytest.raises(SystemExit, match=r"has no results of commit .*: measure them with `make bench`"):
        table.main()
