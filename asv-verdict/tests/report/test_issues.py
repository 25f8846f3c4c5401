"""GitHub issues: one for each commit that made something slower, never opened twice, and one for broken nights."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from asv_verdict.__main__ import main
from asv_verdict.records.past_nights import past_nights
from asv_verdict.report.github_issues import publish_issues
from github import post


def test_a_night_that_passes_opens_no_issue(suite, issues):
    suite.commit()
    suite.night()
    post(suite)
    assert issues() == []


def test_each_commit_has_one_issue_however_often_it_is_posted(suite, issues):
    suite.commit()
    suite.night()
    culprit = suite.commit("Be <b>slow</b> @everybody", {"Slow.*20": 1.2, "Fast.*1, 'a'": 1.3})
    suite.night()
    post(suite)
    post(suite)
    (issue,) = issues()
    assert culprit[:8] in issue["title"]
    assert "kernels.Slow.time_call(20)" in issue["body"]
    assert "kernels.Fast.time_call(1, 'a')" in issue["body"]
    assert issue["comments"] == []
    suite.commit("Slower still", {"Slow.*10": 1.2})
    suite.night()
    post(suite)
    assert len(issues()) == 2


def test_a_closed_issue_is_not_opened_again_for_the_same_night(suite, issues):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    post(suite)
    issues.store.write_text(issues.store.read_text().replace("OPEN", "CLOSED"))
    post(suite)
    assert len(issues()) == 1


def test_two_slower_commits_have_two_issues_and_an_improvement_has_none(suite, issues):
    suite.commit()
    suite.night()
    suite.commit("One", {"Slow.*20": 1.2})
    suite.commit("Two", {"Slow.*10": 1.2})
    suite.commit("Three", {"Fast.*1, 'a'": 0.7})
    suite.night()
    post(suite)
    assert sorted(issue["title"].rpartition(": ")[2] for issue in issues()) == ["One", "Two"]


def test_the_issue_of_a_broken_night_names_the_missing_cells(suite, issues):
    suite.commit()
    suite.night()
    suite.commit(failing={"kernels.Slow.time_call(20)"})
    suite.night()
    post(suite)
    (issue,) = issues()
    assert issue["title"] == "The nightly measurement is broken on desk"
    assert "kernels.Slow.time_call(20)" in issue["body"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": None}, "There is no report"),
        ({"status": 137}, "There is no report"),
        ({"status": 2}, "exited with status 2"),
        ({"status": 1}, "exited with status 1"),
        ({"head": "f" * 40, "now": datetime(2100, 1, 1, tzinfo=UTC)}, "the commit ffffffff has none yet"),
        ({"head": "f" * 40, "now": datetime(2000, 1, 1, tzinfo=UTC)}, "the commit ffffffff has none yet"),
    ],
    ids=["no end", "killed", "broken", "not begun", "stale", "from the future"],
)
def test_an_unfinished_or_overdue_night_has_an_issue(suite, issues, changes, words):
    suite.commit()
    suite.night()
    post(suite, **changes)
    (issue,) = issues()
    assert issue["title"] == "The nightly measurement is broken on desk"
    assert words in issue["body"]


def test_a_run_that_did_not_start_is_not_mistaken_for_a_regression(suite, issues):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    post(suite)
    post(suite, head="f" * 40)
    assert [issue["title"].partition(" since")[0] for issue in issues()] == [
        "Regression",
        "The nightly measurement is broken on desk",
    ]


def test_the_watch_notices_that_nights_have_stopped(suite, issues):
    command = ["issues", "--watch", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk"]
    suite.commit()
    assert main(command) == 0
    (issue,) = issues()
    assert "No night has ever given a verdict" in issue["body"]
    suite.night()
    assert main(command) == 0
    assert len(issues()) == 1
    assert issues()[0]["comments"] == []


def test_before_the_first_night_the_issue_says_that_there_is_no_report(issues):
    publish_issues(None, machine="desk", status=2, head="f" * 40, now=datetime.now(UTC), say=lambda sentence: None)
    assert "There is no report" in issues()[0]["body"]


@pytest.mark.parametrize(("ratio", "comments"), [(None, 0), (1.3, 1)], ids=["the same findings", "others"])
def test_another_night_with_the_same_commit_adds_a_comment_if_its_findings_differ(suite, issues, ratio, comments):
    suite.commit()
    suite.night()
    culprit = suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    post(suite)
    last = past_nights(suite.project.folder, "desk", [])[-1]
    changes = tuple(structs.replace(change, ratio=ratio or change.ratio) for change in last.changes)
    again = replace(last, number=last.number + 1, report=structs.replace(last.report, changes=changes))
    publish_issues(again, machine="desk", status=1, head=culprit, now=datetime.now(UTC), say=lambda sentence: None)
    (issue,) = issues()
    assert len(issue["comments"]) == comments


def test_a_failure_of_gh_is_an_error(monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    (folder / "gh").write_text("#!/bin/sh\necho no token >&2\nexit 4\n")
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    with pytest.raises(OSError, match="gh api graphql exited with status 4: no token"):
        publish_issues(None, machine="desk", status=2, head="f" * 40, now=datetime.now(UTC))


def test_a_silent_gh_is_given_up(monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("silent")
    (folder / "gh").write_text("#!/bin/sh\nexec sleep 60\n")
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr("asv_verdict.report.github_issues.SECONDS", 0.2)
    with pytest.raises(OSError, match=r"gh api graphql took more than 0.2 seconds"):
        publish_issues(None, machine="desk", status=2, head="f" * 40, now=datetime.now(UTC))
