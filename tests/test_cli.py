"""The command line: the support matrix and a single run."""

import subprocess
import sys

import pytest

from autodiff_kernels import cells, programs, why_unsupported
from autodiff_kernels.__main__ import _duration, main


def test_matrix_has_every_formulation_and_every_reason(capsys):
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    for case in cells():
        assert f"{case.problem}, formulation={case.formulation}" in text
        reason = why_unsupported(case)
        assert reason is None or reason in text


def test_matrix_of_one_mode_shows_what_runs(capsys):
    assert main(["list", "--problem", "timeline", "--mode", "reverse", "--backend", "jax"]) == 0
    text = capsys.readouterr().out
    assert "jax float64          400, 4000 [1]" in text
    assert "[1] needs 25.6 GB; the budget is 4 GB" in text
    assert "autograd" not in text


def test_cells_are_listed_one_a_line(capsys):
    assert main(["list", "--cells", "--problem", "timeline", "--backend", "autograd"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("timeline/autograd/reverse/m=40000 " in line and "slow: one call takes" in line for line in lines)
    assert any("formulation=cdf" in line and "unsupported: autograd has no forward-mode rule" in line for line in lines)
    assert any(line.startswith("timeline/autograd/forward/m=400 ") and line.endswith("runs") for line in lines)


@pytest.mark.parametrize("case", ["mvn/jax/reverse/n=3", "timeline/autograd/double_reverse/m=400/formulation=cdf"])
def test_run_prints_a_checked_result_and_a_time(case, capsys):
    assert main(["run", case, "--seconds", "0.01"]) == 0
    text = capsys.readouterr().out
    for word in ("case", "result", "error", "against the float64 oracle", "the best of", "work"):
        assert word in text


@pytest.mark.parametrize(
    ("case", "status", "message"),
    [
        ("mvn/jax/revers/n=3", 2, "unknown mode 'revers' for backend 'jax'"),
        ("timeline/jax/reverse/m=40000", 2, "needs 25.6 GB; the budget is 4 GB"),
    ],
)
def test_a_bad_run_says_so_on_standard_error(case, status, message, capsys):
    assert main(["run", case]) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_wrong_result_has_a_status_of_its_own(capsys, monkeypatch):
    monkeypatch.setattr(programs, "tolerance", lambda case: -1.0)
    monkeypatch.setattr(programs, "_programs", {})
    assert main(["run", "rbf/autograd/reverse/d=1"]) == 1
    assert "the result is not the oracle's" in capsys.readouterr().err


def test_the_module_runs_as_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "autodiff_kernels", "run", "rbf/autograd/reverse/d=1", "--seconds", "0.01"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "error" in done.stdout


def test_a_reader_that_has_seen_enough_ends_the_list_in_silence():
    command = f"{sys.executable} -m autodiff_kernels list --cells | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4.2e-6, "4.2 µs"), (5e-9, "5 ns")])
def test_durations_have_units(seconds, text):
    assert _duration(seconds) == text
