"""A night without a new commit repeats the last report. It also repeats findings that were never printed and stored."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.model import State, Verdict
from asv_verdict.records.untold import MARK
from reading_reports import confirmed, first_line
from several_nights import Killed, killed, regression, reports
from synthetic_suite import NOISE

SLOW = "kernels.Slow.time_call(20)"


def test_a_second_night_after_a_regression_says_regression_and_measures_nothing(suite):
    culprit = regression(suite)
    first = suite.night()
    suite.runs.clear()
    second = suite.night()
    assert first_line(second) == first_line(first) == "regression: 16 of 16 expected cells measured"
    assert confirmed(second)[SLOW].commits == (culprit,)
    assert "## Regressions" in second.as_markdown()
    assert suite.runs == []
    assert len(reports(suite)) == 2


def test_a_second_night_after_a_broken_one_is_broken_until_the_cell_is_measured(suite):
    suite.commit()
    suite.night()
    head = suite.commit(failing={SLOW})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commits[head].failing = frozenset()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_a_second_night_after_an_inconclusive_one_measures_again(suite):
    first = suite.commit()
    suite.night()
    suite.commits[first].builds = False
    suite.commit("Slow", {"Slow.*20": 1.2})
    assert suite.night().outcome.verdict is Verdict.INCONCLUSIVE
    assert suite.night().outcome.verdict is Verdict.INCONCLUSIVE, "still without a baseline"
    suite.commits[first].builds = True
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert SLOW in confirmed(report)


def test_a_night_whose_report_is_not_stored_is_repeated_until_it_is(suite, remote):
    settings = suite.root / "asv_verdict.toml"
    settings.write_text('results_branch = "results"\nresults_remote = "origin"\n')
    culprit = regression(suite)
    remote.rename(away := remote.with_name(f"{remote.name}-away"))
    assert suite.night().outcome.verdict is Verdict.REGRESSION
    suite.commit()
    report = suite.night()
    assert [change.commits for change in report.outcome.repeated] == [(culprit,)]
    assert "ended before its report was printed and stored; this report repeats its findings" in report.as_markdown()
    away.rename(remote)
    suite.commit()
    assert suite.night().outcome.repeated, "printed again, and now stored"
    suite.commit()
    assert suite.night().outcome.repeated == []


@pytest.mark.parametrize(
    "factor", [pytest.param(1.0, marks=pytest.mark.slow), pytest.param(1.01, marks=pytest.mark.slow), 1.2]
)
def test_a_repeated_night_decides_the_candidates_of_an_inconclusive_one(suite, factor):
    suite.commit()
    suite.night()
    suite.noise = 0.3
    suite.commit("Slow", {"Slow.*20": factor})
    first = suite.night()
    assert first.outcome.verdict is Verdict.INCONCLUSIVE
    open_before = {change.key for change in first.outcome.changes if change.state is State.INCONCLUSIVE}
    suite.noise = NOISE
    second = suite.night()
    decided = {change.key for change in second.outcome.changes if change.state is not State.INCONCLUSIVE}
    assert open_before <= decided
    assert second.outcome.verdict is (Verdict.REGRESSION if factor > 1.1 else Verdict.PASS)


def test_a_regression_that_was_accepted_in_the_meantime_is_no_alarm_in_the_repeated_night(suite):
    culprit = regression(suite)
    suite.night()
    (suite.root / "asv_verdict_accepted.toml").write_text(
        f'[[accepted]]\ncell = "kernels.*"\ncommit = "{culprit}"\nreason = "wanted"\n'
    )
    assert suite.night().outcome.verdict is Verdict.PASS


@pytest.mark.parametrize("commits", [0, 1, 2], ids=["same head", "next head", "a later head"])
def test_a_regression_that_was_not_printed_is_reported_by_the_next_night(suite, commits):
    culprit = regression(suite)
    with pytest.raises(Killed):
        suite.night(killed)
    for _ in range(commits):
        suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert [change.commits for change in report.outcome.findings] == [(culprit,)]
    assert f"{culprit[:8]} Slow" in report.as_markdown()
    assert not list((suite.project.folder / "reports").glob(f"*/{MARK}"))
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "it is reported once"


def test_the_findings_of_two_nights_that_were_not_printed_are_both_reported(suite):
    first = regression(suite)
    with pytest.raises(Killed):
        suite.night(killed)
    second = suite.commit("Slow too", {"Fast.*1, 'a'": 1.3})
    with pytest.raises(Killed):
        suite.night(killed)
    suite.commit()
    report = suite.night()
    assert {change.commits for change in report.outcome.findings} == {(first,), (second,)}
    assert json.loads(reports(suite)[-1].read_bytes())["verdict"] == "regression"


def test_the_findings_of_a_night_that_is_killed_while_it_stores_are_reported_again(suite, monkeypatch):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\n')
    culprit = regression(suite)
    printed = []

    def stored(*arguments):
        raise Killed

    monkeypatch.setattr("asv_verdict.nightly.store", stored)
    with pytest.raises(Killed):
        suite.night(printed.append)
    assert printed, "the report comes before the branch, which a remote can delay"
    monkeypatch.setattr("asv_verdict.nightly.store", lambda *arguments: [])
    suite.commit()
    assert [change.commits for change in suite.night().outcome.findings] == [(culprit,)]


def test_the_findings_of_a_report_without_a_mark_are_not_repeated(suite):
    regression(suite)
    suite.night()
    assert not list((suite.project.folder / "reports").glob(f"*/{MARK}"))
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_last_prints_a_night_without_its_markdown(suite, capsys):
    regression(suite)
    report = suite.night()
    reports(suite)[-1].with_suffix(".md").unlink()
    assert main(["last", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == first_line(report)
    assert SLOW in printed


def test_a_partial_night_does_not_stand_for_a_complete_one(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.3})
    partial = suite.night(bench="Fast")
    assert partial.outcome.verdict is Verdict.PASS
    assert partial.outcome.expected == 12
    assert partial.file.is_partial
    complete = suite.night()
    assert complete.outcome.verdict is Verdict.REGRESSION
    assert complete.outcome.expected == 16
    assert suite.night().notes == ["no new commit: this report repeats the last one"]


def test_a_regression_of_a_partial_night_is_no_pass_on_the_same_head(suite):
    suite.commit()
    suite.night()
    head = suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS
    suite.commits[head].factors[SLOW] = 1.3  # the first night missed it
    assert suite.night(bench="Slow").outcome.verdict is Verdict.REGRESSION
    assert suite.night().outcome.verdict is Verdict.REGRESSION
    assert suite.night().notes == ["no new commit: this report repeats the last one"]


def test_a_partial_night_is_no_baseline_for_the_cells_that_it_did_not_measure(suite):
    suite.commit()
    first = suite.night().commits["head"]
    suite.commit("Slow", {"Slow.*20": 1.3})
    suite.night(bench="Fast")
    suite.commit()
    report = suite.night()
    assert report.commits["previous"] == first
    assert report.outcome.verdict is Verdict.REGRESSION


def test_a_dry_run_says_what_a_night_would_measure(suite, capsys):
    head = suite.commit("Begin")
    command = ["nightly", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", "--dry-run"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "the number of cells is known after the first night\ntime limits: 90 minutes for the round of all" in said
    suite.night()
    second = suite.commit("Next")
    assert main([*command, "--bench", "Fast", "--minutes", "27"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [f"head: {second[:8]} Next", f"the previous commit: {head[:8]} Begin"]
    assert "cells × environments × commits: 12 × 1 × 2" in said
    assert "time limits: 18 minutes for the round of all cells, 9 minutes for confirmation" in said[-1]
    assert suite.runs == [run for run in suite.runs if run[0] == head], "nothing was measured"
