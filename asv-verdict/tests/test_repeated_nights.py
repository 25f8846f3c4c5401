"""A night without a new commit repeats the last report. It also repeats findings that were never printed and stored."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.model import State, Verdict
from asv_verdict.records.untold import MARK
from asv_verdict.report.status import status
from synthetic_suite import NOISE, confirmed, first_line

SLOW = "kernels.Slow.time_call(20)"


class Killed(BaseException):
    """Stands in for the death of the process."""


def _killed(report):
    raise Killed


def _reports(suite):
    return sorted((suite.project.folder / "reports").glob("*/report.json"))


def _regression(suite):
    suite.commit()
    suite.night()
    return suite.commit("Slow", {"Slow.*20": 1.2})


def test_a_second_night_after_a_regression_says_regression_and_measures_nothing(suite):
    culprit = _regression(suite)
    first = suite.night()
    suite.runs.clear()
    second = suite.night()
    assert first_line(second) == first_line(first) == "regression: 16 of 16 expected cells measured"
    assert confirmed(second)[SLOW].commits == (culprit,)
    assert "## Regressions" in second.as_markdown()
    assert suite.runs == []
    assert len(_reports(suite)) == 2


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
    culprit = _regression(suite)
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


@pytest.mark.parametrize("factor", [pytest.param(1.0, marks=pytest.mark.slow), 1.01, 1.2])
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
    culprit = _regression(suite)
    suite.night()
    (suite.root / "asv_verdict_accepted.toml").write_text(
        f'[[accepted]]\ncell = "kernels.*"\ncommit = "{culprit}"\nreason = "wanted"\n'
    )
    assert suite.night().outcome.verdict is Verdict.PASS


@pytest.mark.parametrize("commits", [0, 1, 2], ids=["same head", "next head", "a later head"])
def test_a_regression_that_was_not_printed_is_reported_by_the_next_night(suite, commits):
    culprit = _regression(suite)
    with pytest.raises(Killed):
        suite.night(_killed)
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
    first = _regression(suite)
    with pytest.raises(Killed):
        suite.night(_killed)
    second = suite.commit("Slow too", {"Fast.*1, 'a'": 1.3})
    with pytest.raises(Killed):
        suite.night(_killed)
    suite.commit()
    report = suite.night()
    assert {change.commits for change in report.outcome.findings} == {(first,), (second,)}
    assert json.loads(_reports(suite)[-1].read_bytes())["verdict"] == "regression"


def test_the_findings_of_a_night_that_is_killed_while_it_stores_are_reported_again(suite, monkeypatch):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\n')
    culprit = _regression(suite)
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
    _regression(suite)
    suite.night()
    assert not list((suite.project.folder / "reports").glob(f"*/{MARK}"))
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_last_prints_a_night_without_its_markdown(suite, capsys):
    _regression(suite)
    report = suite.night()
    _reports(suite)[-1].with_suffix(".md").unlink()
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


# --- Several nights on one head ---


def test_a_partial_night_loses_no_finding_that_was_never_printed(suite):
    culprit = _regression(suite)
    with pytest.raises(Killed):
        suite.night(_killed)
    report = suite.night(bench="Fast")
    assert [change.commits for change in report.outcome.findings] == [(culprit,)]
    assert report.outcome.verdict is Verdict.REGRESSION
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "it was printed, and is explained"


@pytest.mark.parametrize("second", ["partial", "unbuilt"])
def test_a_second_night_on_a_head_keeps_its_regression(suite, second):
    head = _regression(suite)
    assert suite.night().outcome.verdict is Verdict.REGRESSION
    if second == "partial":
        suite.night(bench="Fast")
    else:
        (suite.root / "asv_verdict.toml").write_text("selection = 'Slow'\n")  # so that head is measured again
        suite.commits[head].builds = False
        assert suite.night().outcome.verdict is Verdict.BROKEN
        suite.commits[head].builds = True
    assert "open regressions: 1" in "\n".join(status(suite.project))
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "it was reported, and is explained"


def test_a_regression_of_a_broken_night_stays_when_the_cell_is_mended(suite):
    suite.commit()
    suite.night()
    head = suite.commit("Slow", {"Slow.*20": 1.2}, failing={"kernels.Slow.time_call(10)"})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commits[head].failing = frozenset()
    suite.commits[head].factors = {}  # chance: the second screening misses the change
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert confirmed(report)[SLOW].commits == (head,)


def test_an_open_candidate_beside_a_regression_is_measured_again(suite):
    _regression(suite)
    first = suite.night()
    path = _reports(suite)[-1]
    content = json.loads(path.read_text())
    other = {**content["changes"][0], "cell": "kernels.Slow.time_call(10)", "state": "inconclusive", "commits": []}
    path.write_text(json.dumps({**content, "changes": [*content["changes"], other]}))
    suite.runs.clear()
    report = suite.night()
    assert suite.runs, "the candidate is measured"
    assert report.outcome.verdict is first.outcome.verdict is Verdict.REGRESSION
    assert {change.cell: change.state for change in report.outcome.changes} == {
        SLOW: State.CONFIRMED,
        "kernels.Slow.time_call(10)": State.DISMISSED,
    }


@pytest.mark.parametrize("selection", ["", "kernels|counts"])
def test_a_wider_selection_is_measured_without_a_new_commit(suite, selection):
    settings = suite.root / "asv_verdict.toml"
    settings.write_text("selection = 'Fast'\n")
    suite.commit()
    assert first_line(suite.night()) == "pass: 12 of 12 expected cells measured"
    settings.write_text(f"selection = '{selection}'\n")
    assert first_line(suite.night()) == "pass: 16 of 16 expected cells measured"
    suite.runs.clear()
    suite.night()
    assert suite.runs == []


def test_a_candidate_against_the_reference_is_decided_after_head_was_tagged(suite):
    suite.commit()
    suite.git("tag", "v1")
    suite.commit()
    suite.night()
    suite.noise = 0.3
    suite.commit("Slow", {"Slow.*20": 1.5})
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    open_ones = {(one.key, one.base) for one in report.outcome.changes if one.state is State.INCONCLUSIVE}
    assert any(one.baseline == "reference" for one in report.outcome.changes if (one.key, one.base) in open_ones)
    suite.git("tag", "v2")
    suite.noise = NOISE
    again = suite.night()
    assert open_ones <= {(change.key, change.base) for change in again.outcome.changes}


def test_a_finding_whose_commit_is_gone_is_repeated(suite):
    """After a forced push, git may have removed the commit."""
    suite.commit()
    suite.night()
    suite.git("checkout", "--quiet", "-b", "topic")
    culprit = suite.commit("Slow", {"Slow.*20": 1.2})
    suite.git("branch", "--quiet", "--force", "main", "topic")
    with pytest.raises(Killed):
        suite.night(_killed)
    suite.git("checkout", "--quiet", "--detach", "topic~1")
    suite.git("branch", "--quiet", "--force", "main", "topic~1")
    suite.git("checkout", "--quiet", "main")
    suite.git("branch", "--quiet", "-D", "topic")
    suite.git("reflog", "expire", "--expire=now", "--all")
    suite.git("gc", "--quiet", "--prune=now")
    suite.commit("Something else")
    report = suite.night()
    assert [change.commits for change in report.outcome.repeated] == [(culprit,)]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_repeated_finding_follows_the_present_acceptances(suite, accepted):
    culprit = _regression(suite)
    with pytest.raises(Killed):
        suite.night(_killed)
    if accepted:
        entry = f'[[accepted]]\ncell = ".*"\ncommit = "{culprit[:8]}"\nreason = "meant"\n'
        (suite.root / "asv_verdict_accepted.toml").write_text(entry)
    suite.commit()
    assert suite.night().outcome.verdict is (Verdict.PASS if accepted else Verdict.REGRESSION)


@pytest.mark.parametrize("forgotten", [0, 2])
def test_every_night_stores_once(suite, monkeypatch, forgotten):
    """Also one that measures nothing, and one that repeats the findings of several nights."""
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\n')
    stored = []
    monkeypatch.setattr("asv_verdict.nightly.store", lambda *arguments: stored.append(1) or [])
    for _ in range(forgotten):
        suite.commit()
        with pytest.raises(Killed):
            suite.night(_killed)
    suite.commit()
    suite.night()
    suite.night()
    assert len(stored) == 2
