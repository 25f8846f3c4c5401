"""The expected cells: what an earlier night measured and the selection matches; damaged and older files."""

import json

import pytest

from asv_verdict.records.expected_cells import ExpectedCells, read_expected_cells, write_expected_cells
from reading_reports import first_line
from synthetic_results import ENVIRONMENT

SLOW = "kernels.Slow.time_call(20)"
SETTINGS = 'exact = "track_equations"\n'


def _select(suite, selection):
    (suite.root / "asv_verdict.toml").write_text(f"{SETTINGS}selection = '{selection}'\n")


def _file(suite):
    return suite.project.folder / "manifest" / "desk.json"


@pytest.mark.parametrize(("selection", "cells"), [("Fast", 12), ("Slow|counts", 4), (r"time_call\(", 14)])
def test_a_narrower_selection_breaks_no_night_and_a_wider_one_expects_all_again(suite, selection, cells):
    suite.commit()
    suite.night()
    _select(suite, selection)
    for _ in range(2):
        suite.commit()
        assert first_line(suite.night()) == f"pass: {cells} of {cells} expected cells measured"
    _select(suite, "")
    del suite.benchmarks["kernels.Fast.time_call"]
    suite.commit()
    assert first_line(suite.night()) == "broken: 4 of 16 expected cells measured"


def test_a_head_that_does_not_build_misses_only_the_selected_cells(suite):
    suite.commit()
    suite.night()
    _select(suite, "Slow")
    suite.commit(builds=False)
    assert first_line(suite.night()) == "broken: 0 of 2 expected cells measured"


def test_a_cell_that_never_worked_is_broken_once_and_then_a_note(suite):
    first = suite.commit(failing={SLOW})
    assert first_line(suite.night()) == "broken: 15 of 16 expected cells measured"
    assert first_line(suite.night()) == "broken: 15 of 16 expected cells measured", "nothing is new"
    for _ in range(2):
        suite.commit(failing={SLOW})
        report = suite.night()
        assert first_line(report) == "pass: 15 of 15 expected cells measured"
        assert any(SLOW in note and f"it first failed on {first[:8]}" in note for note in report.notes)
    suite.commit()
    assert first_line(suite.night()) == "pass: 16 of 16 expected cells measured"
    suite.commit(failing={SLOW})
    assert first_line(suite.night()) == "broken: 15 of 16 expected cells measured", "it has worked"


def test_a_suite_of_which_nothing_works_stays_broken(suite):
    for _ in range(3):
        suite.commit(failing=suite.cells)
        assert first_line(suite.night()) == "broken: 0 of 16 expected cells measured"


def test_a_python_that_was_never_there_is_a_note_from_the_second_commit_on(suite):
    configuration = json.loads((suite.root / "asv.conf.json").read_text())
    (suite.root / "asv.conf.json").write_text(json.dumps(configuration | {"pythons": ["3.11", "3.99"]}))
    suite.commit()
    assert first_line(suite.night()) == "broken: 16 of 32 expected cells measured"
    suite.commit()
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert sum("virtualenv-py3.99" in note for note in report.notes) == 16


def test_a_broken_night_counts_its_regressions(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2}, failing={"kernels.Slow.time_call(10)"})
    report = suite.night()
    assert first_line(report) == "broken: 15 of 16 expected cells measured; 1 regression"
    assert (report.file.verdict, report.file.regressions) == ("broken", 1)
    assert report.file.expected - report.file.measured == 1


@pytest.mark.parametrize("text", ['{"cells": [["a', "[]", "[" * 100_000], ids=["truncated", "a list", "brackets"])
def test_a_damaged_file_is_copied_and_the_cells_of_the_last_night_are_expected(suite, text):
    suite.commit()
    suite.night()
    path = _file(suite)
    path.write_text(text)
    del suite.benchmarks["kernels.Slow.time_call"]
    suite.commit()
    report = suite.night()
    assert first_line(report) == "broken: 14 of 16 expected cells measured"
    assert path.with_name("desk.json.unreadable-1").read_text() == text
    assert any("was copied to desk.json.unreadable-1" in problem for problem in report.outcome.problems)
    assert len(read_expected_cells(path).measured) == 16


def test_a_damaged_file_that_cannot_be_copied_is_not_replaced(suite, monkeypatch):
    suite.commit()
    suite.night()
    _file(suite).write_text("{")
    monkeypatch.setattr(
        "asv_verdict.records.expected_cells.replace_whole",
        lambda *arguments: (_ for _ in ()).throw(PermissionError("read-only")),
    )
    suite.commit()
    report = suite.night()
    assert _file(suite).read_text() == "{"
    assert any("cannot save the expected cells" in problem for problem in report.outcome.problems)


def test_the_cells_of_an_older_file_that_no_result_holds_are_not_expected_for_ever(suite):
    suite.commit()
    suite.night()
    ghost = [ENVIRONMENT, "kernels.Ghost.time_call"]
    _file(suite).write_text(json.dumps({"cells": [*json.loads(_file(suite).read_text())["cells"], ghost]}))
    suite.commit()
    assert first_line(suite.night()) == "pass: 16 of 16 expected cells measured"


def test_two_files_together_keep_what_worked_and_what_always_failed(tmp_path):
    one, other, third = (("e", name) for name in "abc")
    there = ExpectedCells(frozenset({one}), {other: "1" * 40, third: "2" * 40})
    here = ExpectedCells(frozenset({other}), {third: "3" * 40})
    write_expected_cells(tmp_path / "x.json", there | here)
    both = read_expected_cells(tmp_path / "x.json")
    assert both == ExpectedCells(frozenset({one, other}), {third: "2" * 40})


def test_cells_with_one_name_are_named(suite):
    suite.benchmarks["kernels.Slow.time_call"] = ("time", "seconds", [["20", "20"]], 1e-3)
    suite.commit()
    report = suite.night()
    assert any(note.startswith(f"2 cells have the name {SLOW} in {ENVIRONMENT}, and only") for note in report.notes)
    assert report.outcome.expected == 15
