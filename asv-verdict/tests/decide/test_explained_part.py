"""The explained part of a change: earlier confirmations are divided out, neither reported again nor hidden."""

from itertools import pairwise
from pathlib import Path

import pytest

from asv_verdict.model import Change, State, Verdict
from asv_verdict.records.past_nights import Explained, Night, explained_part
from asv_verdict.records.report_file import ReportFile
from reading_reports import confirmed

TIMED = "kernels.Slow.time_call(20)"
COUNTED = "counts.Work.track_equations(1)"


def _quiet(suite, nights):
    for _ in range(nights):
        suite.commit()
        suite.night()


def test_a_confirmed_change_is_not_reported_again_from_the_history(suite):
    _quiet(suite, 7)
    suite.commit("Slow", {"Slow.*20": 1.2})
    assert suite.night().outcome.verdict is Verdict.REGRESSION
    for _ in range(5):
        suite.commit()
        report = suite.night()
        assert report.outcome.verdict is Verdict.PASS
        assert not confirmed(report)


def test_a_changed_count_is_reported_once(suite):
    _quiet(suite, 2)
    suite.commit("More", {r"track_equations\(1": 1.5})
    assert COUNTED in confirmed(suite.night())
    for _ in range(2):
        suite.commit()
        assert suite.night().outcome.verdict is Verdict.PASS
    suite.commit("Still more", {r"track_equations\(1": 1.5})
    assert COUNTED in confirmed(suite.night()), "the next change is another one"


def test_a_repeated_night_reports_the_changes_of_the_broken_one(suite):
    _quiet(suite, 2)
    head = suite.commit("Slow", {"Slow.*20": 1.2}, failing={"kernels.Slow.time_call(10)"})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commits[head].failing = frozenset()
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert confirmed(report)[TIMED].commits == (head,)
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "and it counts once"


def test_a_drift_after_a_confirmed_change_is_not_attributed_to_its_commit(suite):
    _quiet(suite, 2)
    explained = suite.commit("Wanted", {"Slow.*20": 1.2})
    assert suite.night().outcome.verdict is Verdict.REGRESSION
    (suite.root / "asv_verdict_accepted.toml").write_text(
        f'[[accepted]]\ncell = "kernels.*"\ncommit = "{explained}"\nreason = "wanted"\n'
    )
    for _ in range(6):
        suite.commit("Drift", {"Slow.*20": 1.015})
        report = suite.night()
        if TIMED in confirmed(report):
            break
    change = confirmed(report)[TIMED]
    assert report.outcome.verdict is Verdict.REGRESSION
    assert explained not in change.commits
    assert change.ratio < 1.1


@pytest.mark.slow
def test_a_drift_is_reported_again_only_after_it_has_grown(suite):
    commits = [suite.commit()]
    alarms = []
    for night in range(20):
        reference = commits[max(0, len(commits) - 8)]
        (suite.root / "asv_verdict.toml").write_text(
            f'reference = "{reference}"\nexact = "track_"\nlower_is_better = "track_"\n'
        )
        if TIMED in confirmed(suite.night()):
            alarms.append(night)
        commits.append(suite.commit("Drift", {"Slow.*20": 1.01}))
    assert alarms, "it adds up to 20 %"
    assert alarms[0] < 9
    assert all(later - earlier >= 3 for earlier, later in pairwise(alarms))
    assert len(alarms) >= 2


@pytest.mark.parametrize(
    ("explained", "ratio", "part"),
    [
        (Explained(), 1.2, 1.0),
        (Explained(1.2), 1.3, 1.2),
        (Explained(1.2), 1.0, 1.2),
        (Explained(1.0, 1.0, 1.1), 1.05, 1.05),
        (Explained(1.0, 1.0, 1.1), 1.3, 1.1),
        (Explained(1.0, 1.0, 1.1), 0.9, 1.0),
        (Explained(2.0, 0.9, 1.0), 1.9, 1.9),
    ],
)
def test_the_explained_part_of_a_drift_that_began_before_the_baseline(explained, ratio, part):
    assert explained.of(ratio) == pytest.approx(part)


@pytest.mark.parametrize(("interval", "rest"), [((2.9, 4.4), 1.0), ((3.5, 3.7), 3.0 / 3.5), ((3.6, 3.6), 3.0 / 3.6)])
def test_a_change_that_a_busy_night_overstated_leaves_no_rest_within_its_interval(interval, rest):
    change = Change(
        *(TIMED, "env", "previous", "regression", State.CONFIRMED, 3.6, interval, 0.02, 1.0, 3.6),
        base="a",
        commits=("b",),
    )
    report = ReportFile("nightly", "regression", 1, 1, 1, "desk", {"head": "b"}, (change,))
    part = explained_part([Night(1, report, Path("x"))], ("env", TIMED), ["b", "c"])
    assert 3.0 / part.of(3.0) == pytest.approx(rest)
    assert 9.0 / part.of(9.0) == pytest.approx(9.0 / interval[1])


@pytest.mark.parametrize(
    ("explained", "commits", "factor"),
    [(1.0, ("b" * 40,), 1.5), (1.0, ("c" * 40,), 2.25), (1.2, ("b" * 40,), 2.25)],
    ids=["the same change", "another commit", "the rest of it"],
)
def test_a_change_that_two_machines_confirm_counts_once(explained, commits, factor):
    """Each of them has measured its own head, and neither had the report of the other."""
    usual = ("cell", "env", "previous", "regression", State.CONFIRMED, 1.5, (1.4, 1.6), 0.02, 1.0, 1.5)
    changes = (Change(*usual, commits=("b" * 40,)), Change(*usual, explained=explained, commits=commits))
    nights = [
        Night(number, ReportFile("nightly", "regression", 1, 1, 1, "desk", {"head": letter * 40}, (change,)), Path("x"))
        for number, (letter, change) in enumerate(zip("bc", changes, strict=True))
    ]
    found = explained_part(nights, ("env", "cell"), ["b" * 40, "c" * 40])
    assert found.factor == pytest.approx(factor)


@pytest.mark.parametrize("factor", [1.5, 3.0])
def test_the_rest_of_a_drift_is_attributed_without_the_explained_change_after_it(suite, factor):
    """Two equal steps; no earlier night measured the cell at the first one."""
    settings = suite.root / "asv_verdict.toml"
    settings.write_text("selection = 'Fast'\n")
    suite.commit()
    suite.git("tag", "v1")
    suite.commit()
    first = suite.commit("One", {"Slow.*20": factor})
    suite.commit()
    suite.night()
    settings.write_text("reference = 'main'\n")  # none: it is head
    second = suite.commit("Two", {"Slow.*20": factor})
    assert confirmed(suite.night())[TIMED].commits == (second,)
    settings.write_text("reference = 'v1'\n")
    suite.commit()
    assert confirmed(suite.night())[TIMED].commits == (first,)
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS
