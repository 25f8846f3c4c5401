"""The status of a repository."""

import json
import time

import pytest
from msgspec import structs

from asv_verdict.asv_io.results import Unreadable
from asv_verdict.model import Change, State
from asv_verdict.report.status import open_findings, status


def _lines(suite, **options):
    return "\n".join(status(suite.project, **options))


def test_status_has_age_noise_floors_regressions_and_gaps(suite):
    suite.commit()
    suite.night()
    suite.commit()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    suite.commit()
    said = _lines(suite)
    assert "desk:" in said
    assert ", is 0.0 days old\n" in said
    assert "last night: regression, 16 of 16 expected cells measured, commit " in said
    assert "open regressions: 1; accepted: 0" in said
    assert "kernels.Slow.time_call(20)" in said
    assert "commits since the first measured one: 4; without results: 2; after the last measured one: 1" in said
    assert "noise floors (virtualenv-py3.11, cells: 14): median " in said


def test_status_says_that_the_last_night_was_partial(suite):
    suite.commit()
    suite.night(bench="Slow")
    assert "last night (partial): pass, 2 of 2 expected cells measured" in _lines(suite)


def test_status_warns_of_an_old_or_future_result(suite):
    suite.commit()
    suite.night()
    assert "is 30.0 days old: are the nights still running?" in _lines(suite, now=time.time() + 30 * 86400)
    assert "days in the future: check the clock" in _lines(suite, now=time.time() - 30 * 86400)
    assert "is 0.0 days old\n" in _lines(suite, now=time.time() - 0.07 * 86400), "two clocks may differ a little"


def test_age_counts_from_the_measurement_instead_of_the_file(suite):
    suite.commit()
    suite.night()
    ten_days_ago = (time.time() - 10 * 86400) * 1000
    for path in (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json"):
        content = json.loads(path.read_text())
        content["results"] = {name: [*row, ten_days_ago] for name, row in content["results"].items()}
        path.write_text(json.dumps(content))
    assert "is 10.0 days old: are the nights still running?" in _lines(suite)


def test_before_the_first_night_there_are_no_results(suite):
    suite.commit()
    assert _lines(suite) == f"no results yet: {suite.root / '.asv/results'} does not exist"


def test_status_of_one_machine(suite):
    suite.commit()
    suite.night()
    assert _lines(suite, machine="desk") == _lines(suite)
    with pytest.raises(Unreadable, match=r"no results of machine 'lap' in .*; it has: desk"):
        status(suite.project, machine="lap")


@pytest.mark.parametrize(
    ("commits", "words"),
    [
        (("c" * 40,), "× 1.200 since cccccccc: b.time_x"),
        (("c" * 40, "d" * 40), "× 1.200 since one of 2 commits: b.time_x"),
        ((), "× 1.200 since an unknown commit: b.time_x"),
    ],
)
def test_an_open_regression_names_its_commit(commits, words):
    change = structs.replace(_change("regression", 1.2, (1.1, 1.3)), commits=commits)
    assert list(open_findings([change]))[1].strip() == words


def _change(effect, ratio, interval):
    usual = ("b.time_x", "env", "previous", effect, State.CONFIRMED, ratio, interval, 0.02, 1.0, ratio)
    return Change(*usual, base="a", commits=("b" * 40,))


@pytest.mark.parametrize(
    ("improvement", "is_open"),
    [((0.197, (0.194, 0.201)), False), ((0.25, (0.24, 0.26)), True), ((0.18, (0.17, 0.19)), False)],
)
def test_a_regression_is_closed_by_an_improvement_that_may_have_undone_it(improvement, is_open):
    changes = [_change("regression", 5.371, (5.2, 5.5)), _change("improvement", *improvement)]
    assert next(iter(open_findings(changes))) == f"open regressions: {int(is_open)}; accepted: 0"
