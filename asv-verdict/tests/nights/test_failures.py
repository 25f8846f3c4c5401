"""What a night reports and stores after failures: failed cells and builds, invalid numbers, unreadable files."""

import json
import math

import pytest

from asv_verdict.measure.commit_runner import AsvFailed
from asv_verdict.model import Verdict
from asv_verdict.nightly import nightly
from reading_reports import confirmed, first_line
from synthetic_results import results_of


def test_a_cell_that_fails_for_the_first_time_is_broken_and_named(suite):
    suite.commit()
    suite.night()
    suite.commit(failing={"kernels.Slow.time_call(20)"})
    report = suite.night()
    assert report.outcome.verdict is Verdict.BROKEN
    assert first_line(report) == "broken: 15 of 16 expected cells measured"
    assert "kernels.Slow.time_call(20)" in report.as_markdown()


def test_a_cell_that_is_newly_skipped_is_missing(suite):
    suite.commit(not_applicable={"kernels.Slow.time_call(10)"})
    assert first_line(suite.night()) == "pass: 15 of 15 expected cells measured", "it never applied"
    suite.commit(not_applicable={"kernels.Slow.time_call(20)", "kernels.Slow.time_call(10)"})
    report = suite.night()
    assert first_line(report) == "broken: 14 of 15 expected cells measured"
    assert "is skipped (n/a) on head; it has a number on" in report.as_markdown()


def test_a_cell_that_leaves_the_suite_is_missing_until_that_is_accepted(suite):
    suite.commit()
    suite.night()
    del suite.benchmarks["kernels.Slow.time_call"]
    suite.commit()
    report = suite.night()
    assert first_line(report) == "broken: 14 of 16 expected cells measured"
    assert "no longer in the suite" in report.as_markdown()
    (suite.root / "asv_verdict_accepted.toml").write_text(
        '[[accepted]]\ncell = "kernels.Slow.*"\ncommit = ""\nreason = "replaced"\n'
    )
    suite.commit()
    assert first_line(suite.night()) == "pass: 14 of 14 expected cells measured"


def test_a_missing_python_is_broken(suite):
    suite.commit()
    configuration = json.loads((suite.root / "asv.conf.json").read_text())
    (suite.root / "asv.conf.json").write_text(json.dumps(configuration | {"pythons": ["3.11", "3.99"]}))
    report = suite.night()
    assert first_line(report) == "broken: 16 of 32 expected cells measured"
    assert "virtualenv-py3.99" in report.as_markdown()


def test_a_head_that_does_not_build_is_broken(suite):
    suite.commit()
    suite.night()
    suite.commit(builds=False)
    report = suite.night()
    assert first_line(report) == "broken: 0 of 16 expected cells measured"
    assert "no matching distribution" in report.as_markdown()
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_a_baseline_that_does_not_build_is_inconclusive(suite):
    first = suite.commit()
    suite.night()
    suite.commits[first].builds = False
    suite.commit("Slow", {"Slow": 1.5})
    report = suite.night()
    assert first_line(report) == "inconclusive: 16 of 16 expected cells measured"
    assert report.outcome.undecided == ["no cell was compared: no baseline builds"]
    assert any("does not build" in problem for problem in report.outcome.problems)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("0000aaaa-virtualenv-py3.11.json", '{"version": 2, "commit_ha', "cannot be read"),
        ("0000bbbb-virtualenv-py3.11.json", '{"some": "thing"}', "is not an ASV result"),
        (
            "0000cccc-virtualenv-py3.11.json",
            '{"version": 2, "commit_hash": "c", "results": [1]}',
            "does not have the format of ASV",
        ),
    ],
    ids=["truncated", "foreign", "strange"],
)
def test_a_file_that_is_not_a_result_is_reported_and_stays(suite, name, text, sentence):
    suite.commit()
    suite.night()
    path = suite.root / ".asv/results/desk" / name
    path.write_text(text)
    before = results_of(suite)
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any(name in problem and sentence in problem for problem in report.outcome.problems)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, None])
def test_a_cell_without_a_number_is_missing(suite, value):
    suite.commit()
    suite.night()
    suite.commit(values={"kernels.Slow.time_call(20)": value})
    report = suite.night()
    assert first_line(report) == "broken: 15 of 16 expected cells measured"
    suite.commit()
    assert first_line(suite.night()) == "pass: 16 of 16 expected cells measured"


def test_a_cell_that_failed_on_the_baseline_is_measured_without_a_comparison(suite):
    suite.commit(failing={"kernels.Slow.time_call(20)"})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commit(factors={"Slow": 5.0})
    report = suite.night()
    assert first_line(report) == "regression: 16 of 16 expected cells measured"
    assert "kernels.Slow.time_call(20)" not in confirmed(report)
    assert any("time_call(20)" in note and "failed on" in note for note in report.notes)


def test_a_new_version_of_a_benchmark_starts_a_new_series(suite):
    suite.commit()
    suite.night()
    before = results_of(suite)
    suite.version = "2"
    suite.commit(factors={"Slow.*20": 3.0})
    report = suite.night()
    assert report.outcome.measured == 16
    assert any("another version of the benchmark" in note for note in report.notes)
    assert {path: path.read_bytes() for path in before} == before


def test_results_of_another_machine_are_neither_used_nor_changed(suite):
    suite.commit()
    suite.night()
    (own,) = (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json")
    other = suite.root / ".asv/results/lap" / own.name
    other.parent.mkdir()
    other.write_text(own.read_text().replace('"desk"', '"lap"'))
    stray = own.with_name("0123abcd-virtualenv-py3.11.json")
    stray.write_text(other.read_text())
    before = results_of(suite)
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any(
        "the folder of machine desk has results of machine lap: 1" in problem for problem in report.outcome.problems
    )
    assert {path: path.read_bytes() for path in before} == before


def test_a_dashboard_that_cannot_be_published_is_a_problem_in_the_report(suite, monkeypatch):
    suite.commit()
    monkeypatch.setattr(suite, "dashboard", _no_dashboard)
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert report.outcome.problems == ["the dashboard was not updated: asv publish exited with status 1"]


def test_a_selection_that_matches_nothing_is_broken(suite):
    settings = suite.root / "asv_verdict.toml"
    settings.write_text('selection = "nothing_like_it"\n')
    suite.commit()
    report = suite.night()
    assert first_line(report) == "broken: 0 of 0 expected cells measured"
    assert "no cell of the suite matches" in report.as_markdown()


@pytest.mark.parametrize(("before", "after"), [(0.0, 5000.0), (5000.0, 0.0), (-1.0, 2.0)])
def test_a_change_without_a_ratio_is_inconclusive(suite, before, after):
    (suite.root / "asv_verdict.toml").write_text("")
    cell = "counts.Work.track_equations(1)"
    suite.commit(values={cell: before})
    suite.night()
    suite.commit(values={cell: after})
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(cell in sentence and "has no ratio" in sentence for sentence in report.outcome.undecided)


def test_a_change_without_a_ratio_is_seen_against_the_reference_if_previous_has_no_number(suite):
    (suite.root / "asv_verdict.toml").write_text("")
    cell = "counts.Work.track_equations(1)"
    suite.commit(values={cell: 0.0})
    suite.night()
    suite.commit("Break", failing={cell})
    suite.night()
    suite.commit("Mend", values={cell: 5.0})
    assert suite.night().outcome.verdict is Verdict.INCONCLUSIVE
    suite.commit(values={cell: 5.0})
    assert suite.night().outcome.verdict is Verdict.PASS, "previous has the number"


def test_an_unreadable_acceptance_does_not_prevent_a_night(suite):
    suite.commit()
    suite.night()
    suite.commit()
    (suite.root / "asv_verdict_accepted.toml").write_text('[accepted]\ncell = "x"\ncommit = ""\nreason = "y"\n')
    report = suite.night()
    assert any("expected a list of tables; begin each with [[acc" in problem for problem in report.outcome.problems)
    assert len(results_of(suite)) == 2


def test_each_machine_has_its_own_expected_cells(suite):
    absent = frozenset({"kernels.Slow.time_call(20)"})
    first = suite.commit(not_applicable=absent)
    suite.night()
    suite.commits[first].not_applicable = frozenset()  # on the other machine, which has the memory for it
    other = nightly(
        suite.project, "lap", say=lambda sentence: None, make_runner=suite.runner, make_dashboard=suite.dashboard
    )
    assert first_line(other) == "pass: 16 of 16 expected cells measured"
    suite.commits[first].not_applicable = absent
    suite.commit(not_applicable=absent)
    assert first_line(suite.night()) == "pass: 15 of 15 expected cells measured"


def test_invalid_noise_is_ignored_and_reported(suite):
    path = suite.root / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    content = json.loads(path.read_text())
    cell = "kernels.Slow.time_call(20)"
    content["pairs"][0]["values"][cell] = [1.0, math.nan]
    content["pairs"][1]["values"][cell] = [0.0, 1.0]
    path.write_text(json.dumps(content))
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    report = suite.night()
    assert cell in confirmed(report)
    assert sum("ignored the pair" in note and cell in note for note in report.notes) == 2


def _no_dashboard(project):
    raise AsvFailed("asv publish exited with status 1")
