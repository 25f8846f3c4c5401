"""Two commits are measured by their own benchmarks, and what differs is named."""

import subprocess
import sys

import pytest

from studies.refactoring.__main__ import Side, moved_counts, nightly_cases, times
from tools.asv_runs import ROOT

CASE = "rbf/autograd/reverse/d=1"


def test_the_nightly_gradients_have_cases():
    cells = dict(nightly_cases())
    assert cells["gradients.RBFKernel.time_gradient(1, 'autograd', 'reverse', 'float64')"] == CASE
    assert len(cells) > 50


def test_a_side_measures_the_code_of_its_folder():
    side = Side(ROOT, "HEAD")
    try:
        assert side.ask(what="is known", case=CASE)
        assert not side.ask(what="is known", case="rbf/autograd/sideways/d=1")
        assert set(side.ask(what="counts", case=CASE)) >= {"error", "function_calls"}
        found = times([side, side], [("a cell", CASE)], 1)
        assert len(found["a cell"]) == 2
        with pytest.raises(RuntimeError, match="unknown mode 'sideways'"):
            side.ask(what="time", case="rbf/autograd/sideways/d=1", core=0)
    finally:
        side.end()


def test_a_commit_that_lacks_what_is_needed_is_a_sentence(tmp_path):
    (tmp_path / "autodiff_kernels.py").write_text("")
    with pytest.raises(SystemExit, match="old cannot be measured: its process ended"):
        Side(tmp_path, "old")


def test_counts_that_differ_are_named_and_a_few_pages_are_not():
    before = {"error": 0.0, "peak_bytes": 1_000_000, "nodes": 3}
    assert list(moved_counts(before, {**before, "peak_bytes": 1_010_000})) == []
    assert list(moved_counts(before, {"error": 0.0, "peak_bytes": 2_000_000, "nodes": 3})) == [
        "peak_bytes: 1000000 became 2000000"
    ]
    assert list(moved_counts(before, {**before, "nodes": 4})) == ["nodes: 3 became 4"]


def test_an_unknown_commit_ends_the_command():
    command = [sys.executable, "-m", "studies.refactoring", "no-such-commit", "--only", "RBFKernel"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no-such-commit" in done.stderr
