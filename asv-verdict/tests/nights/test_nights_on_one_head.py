"""Several nights on one head: what they found together is reported, and nothing is lost."""

import json

import pytest

from asv_verdict.model import State, Verdict
from asv_verdict.report.status import status
from reading_reports import confirmed, first_line
from several_nights import Killed, killed, regression, reports
from synthetic_suite import NOISE

SLOW = "kernels.Slow.time_call(20)"


def test_a_partial_night_loses_no_finding_that_was_never_printed(suite):
    culprit = regression(suite)
    with pytest.raises(Killed):
        suite.night(killed)
    report = suite.night(bench="Fast")
    assert [change.commits for change in report.outcome.findings] == [(culprit,)]
    assert report.outcome.verdict is Verdict.REGRESSION
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "it was printed, and is explained"


@pytest.mark.parametrize("second", ["partial", "unbuilt"])
def test_a_second_night_on_a_head_keeps_its_regression(suite, second):
    head = regression(suite)
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
    regression(suite)
    first = suite.night()
    path = reports(suite)[-1]
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


@pytest.mark.slow
def test_a_candidate_against_the_reference_is_decided_after_head_was_tagged(suite):
    suite.commit()
    suite.git("tag", "v1")
    suite.commit()
    suite.night()
    suite.noise = 1.0
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
        suite.night(killed)
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
    culprit = regression(suite)
    with pytest.raises(Killed):
        suite.night(killed)
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
            suite.night(killed)
    suite.commit()
    suite.night()
    suite.night()
    assert len(stored) == 2
