"""Ways back to a pass: every state that is none ends with what its sentence asks for."""

import re

import pytest

from asv_verdict.model import Verdict
from asv_verdict.records.expected_cells import ExpectedCells
from reading_reports import first_line
from synthetic_results import ENVIRONMENT


def _file(suite):
    return suite.project.folder / "manifest" / "desk.json"


def test_a_skipped_cell_is_expected_until_that_is_accepted(suite):
    cell = "kernels.Slow.time_call(20)"
    suite.commit()
    suite.night()
    suite.commit(not_applicable={cell})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    entry = f"[[accepted]]\ncell = '{re.escape(cell)}'\ncommit = ''\nreason = 'the new release lacks it'\n"
    (suite.root / "asv_verdict_accepted.toml").write_text(entry)
    suite.commit(not_applicable={cell})
    assert first_line(suite.night()) == "pass: 15 of 15 expected cells measured"
    suite.commit()
    assert first_line(suite.night()) == "pass: 16 of 16 expected cells measured"


@pytest.mark.parametrize("first", ["there", "here"])
def test_a_file_of_version_0_1_does_not_expect_again_what_always_failed(tmp_path, first):
    one, failing = ("e", "a"), ("e", "never")
    old = ExpectedCells(frozenset({one, failing}), are_apart=False)
    new = ExpectedCells(frozenset({one}), {failing: "1" * 40})
    both = old | new if first == "there" else new | old
    assert both == new
    unknown = ExpectedCells(frozenset({one, ("e", "other")}), are_apart=False)
    assert not (unknown | new).are_apart, "a night has to tell them apart"


def test_instead_of_a_damaged_file_the_cells_since_the_last_complete_night_are_expected(suite):
    suite.commit()
    suite.night()
    lost = frozenset({"kernels.Slow.time_call(20)"})
    suite.commit(failing=lost)
    assert suite.night().outcome.verdict is Verdict.BROKEN
    _file(suite).write_text("{")
    suite.commit(failing=lost)
    assert first_line(suite.night()) == "broken: 15 of 16 expected cells measured"


def test_a_reference_without_numbers_is_a_problem_and_not_an_open_question(suite):
    suite.commit(failing=suite.cells)
    suite.git("tag", "v1")
    suite.commit()
    suite.night()
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any("has no numbers" in problem for problem in report.outcome.problems)


@pytest.mark.parametrize("damage", ["{", '{"version": 2}'])
def test_a_damaged_result_of_the_reference_is_a_problem(suite, damage):
    old = suite.commit()
    suite.git("tag", "v1")
    suite.commit()
    suite.night()
    result = suite.root / ".asv/results/desk" / f"{old[:8]}-{ENVIRONMENT}.json"
    result.write_text(damage)
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any(f"cannot store {result.name}" in problem for problem in report.outcome.problems)
    assert result.read_text() == damage


@pytest.mark.parametrize("state", ["not_applicable", "failing"])
def test_a_cell_that_comes_back_is_not_a_pass_without_a_baseline(suite, state):
    cell = "kernels.Slow.time_call(20)"
    first = suite.commit()
    suite.night()
    suite.commit(**{state: {cell}})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commits[first].builds = False
    suite.commit("Slow", {"Slow.*20": 1.5})
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(cell in sentence and "not compared" in sentence for sentence in report.outcome.undecided)
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS
