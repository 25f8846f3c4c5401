"""The expected cells: what an earlier night measured and the selection matches; damaged and older files."""

import json
import os
import re
import subprocess

import pytest

from asv_verdict.asv_io.merge import keep
from asv_verdict.model import Verdict
from asv_verdict.records.expected_cells import ExpectedCells, read_expected_cells, write_expected_cells
from synthetic_suite import ENVIRONMENT, first_line

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


# --- Numbers that were not stored ---


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_a_night_whose_numbers_are_not_kept_is_broken_and_measures_again(suite, monkeypatch, error):
    suite.commit()
    suite.night()
    head = suite.commit()
    replace = os.replace

    def refused(source, target):
        if ".asv/results" in str(target):
            raise error
        replace(source, target)

    monkeypatch.setattr("asv_verdict.system.files.os.replace", refused)
    report = suite.night()
    assert first_line(report) == "broken: 16 of 16 expected cells measured"
    assert any("were not stored" in sentence and error.strerror in sentence for sentence in report.outcome.missing)
    monkeypatch.undo()
    assert suite.night().outcome.verdict is Verdict.PASS
    assert list((suite.root / ".asv/results/desk").glob(f"{head[:8]}-*.json"))


def test_a_damaged_result_of_the_head_is_broken_and_stays_as_it_is(suite):
    suite.commit()
    suite.night()
    head = suite.commit()
    path = suite.root / ".asv/results/desk" / f"{head[:8]}-{ENVIRONMENT}.json"
    path.write_text("{")
    assert suite.night().outcome.verdict is Verdict.BROKEN
    assert path.read_text() == "{"


# --- What killed runs and other tools leave ---


def _ended():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    "place", ["results/desk", "verdict", "noise/desk", "verdict/manifest", "verdict/reports/1-0123abcd"]
)
def test_drafts_of_killed_runs_are_removed_and_those_of_running_ones_stay(suite, place):
    folder = suite.root / ".asv" / place
    folder.mkdir(parents=True, exist_ok=True)
    left, used = folder / f".x.json.{_ended()}.draft", folder / f".x.json.{os.getpid()}.draft"
    others = folder / ".notes.draft"
    for path in (left, used, others):
        path.write_text("{")
    suite.commit()
    suite.night()
    assert (left.exists(), used.exists(), others.exists()) == (False, True, True)


def test_deeply_nested_files_are_reported_and_stay_as_they_are(suite):
    suite.commit()
    suite.night()
    brackets = "[" * 100_000
    folder = suite.project.folder / "reports" / "000001-0123abcd"
    folder.mkdir()
    (folder / "report.json").write_text(brackets)
    new = suite.commit()
    result = suite.root / ".asv/results/desk" / f"{new[:8]}-{ENVIRONMENT}.json"
    (suite.root / "new/desk").mkdir(parents=True)
    (suite.root / "new/desk" / result.name).write_text(brackets)
    (sentence,) = keep(suite.root / "new", suite.root / ".asv/results")
    assert "cannot store" in sentence
    assert not result.exists()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any("000001-0123abcd cannot be read" in problem for problem in report.outcome.problems)
    (suite.root / "asv_verdict_accepted.toml").write_text(f"accepted = {brackets}")
    suite.commit()
    assert any("no change counts as accepted" in problem for problem in suite.night().outcome.problems)


# --- Ways back to a pass ---


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
