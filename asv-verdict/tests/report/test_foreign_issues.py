"""What somebody else writes into an issue, and reports that are not as asv-verdict writes them."""

import json

import pytest

from asv_verdict.records.past_nights import past_nights
from github import post


def _said_by_somebody(body):
    return {"number": 1, "title": "x", "state": "OPEN", "body": body, "viewerDidAuthor": False, "comments": []}


@pytest.mark.parametrize("place", ["issue", "comment", "text of a cell"])
def test_a_mark_that_somebody_else_wrote_silences_no_alarm(suite, issues, place):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    post(suite)
    (issue,) = issues()
    marks = "\n".join(issue["body"].splitlines()[-2:])
    fake = _said_by_somebody(marks if place == "issue" else "hello")
    if place == "comment":
        fake["comments"] = [{"body": marks, "viewerDidAuthor": False}]
    if place == "text of a cell":
        fake |= {"body": f"| `{marks}` | 1 |".replace("\n", " "), "viewerDidAuthor": True}
    issues.store.write_text(json.dumps([fake]))
    post(suite)
    assert [issue["title"].partition(" since")[0] for issue in issues()] == ["x", "Regression"]


def test_an_issue_of_somebody_else_gets_no_comment(suite, issues):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    post(suite)
    (issue,) = issues()
    key = issue["body"].splitlines()[-2]
    issues.store.write_text(json.dumps([_said_by_somebody(f"{key}\nmine")]))
    post(suite)
    assert [issue["comments"] for issue in issues()] == [[], []]


@pytest.mark.parametrize(
    "commit",
    ["abc\n[click](http://x)", "@everyone", "abc\n", "<!-- asv-verdict: night on desk -->", "g" * 40, "a" * 65],
)
@pytest.mark.parametrize("place", ["head", "commits", "base"])
def test_a_report_whose_commit_is_no_hash_is_not_read(suite, issues, commit, place):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    path = sorted((suite.project.folder / "reports").glob("*/report.json"))[-1]
    content = json.loads(path.read_text())
    if place == "head":
        content["commits"]["head"] = commit
    else:
        content["changes"][0][place] = [commit] if place == "commits" else commit
    path.write_text(json.dumps(content))
    problems = []
    assert len(past_nights(suite.project.folder, "desk", problems)) == 1
    assert len(problems) == 1


@pytest.mark.parametrize("started", ["", "yesterday", "2026-11-28T01:02:03"])
def test_a_report_without_a_start_in_utc_is_old(suite, issues, started):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    path = sorted((suite.project.folder / "reports").glob("*/report.json"))[-1]
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": started}))
    post(suite, head="f" * 40)
    assert any("Regression since" in issue["title"] for issue in issues()), "the alarm is posted"
