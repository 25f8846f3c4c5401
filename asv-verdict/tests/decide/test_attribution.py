"""Attribution: bisection over several new commits, for timed cells and deterministic metrics."""

import re
import time

import pytest

from asv_verdict.measure.builds import Builds
from asv_verdict.measure.commit_runner import OutOfTime
from asv_verdict.stats.bisection import bisect
from reading_reports import confirmed
from synthetic_suite import FakeRunner

TIMED = "kernels.Slow.time_call(20)"
COUNTED = "counts.Work.track_equations(2)"


@pytest.mark.parametrize("position", [0, 3, 6])
def test_bisection_finds_the_commit_at_any_position(suite, position):
    suite.commit()
    suite.night()
    commits = [suite.commit("Slow", {"Slow.*20": 1.1}) if i == position else suite.commit() for i in range(7)]
    assert confirmed(suite.night())[TIMED].commits == (commits[position],)


@pytest.mark.slow
def test_a_deterministic_metric_is_bisected_without_statistics(suite):
    suite.noise = 0.3
    suite.commit()
    suite.night()
    commits = [suite.commit("More", {"track_equations.*2": 1.05}) if i == 2 else suite.commit() for i in range(6)]
    change = confirmed(suite.night())[COUNTED]
    assert change.commits == (commits[2],)
    assert (change.before, change.after) == (40.0, 42.0)


def test_a_bump_among_several_commits_is_named_with_only_its_versions(suite):
    suite.commit()
    suite.night()
    suite.commit("Bump SciPy", {}, {"scipy": "1.1"})
    bump = suite.commit("Bump NumPy", {"Slow.*20": 1.2}, {"numpy": "2.1"})
    suite.commit()
    change = confirmed(suite.night())[TIMED]
    assert (change.commits, change.packages) == ((bump,), ("numpy 2.0 → 2.1",))


def test_without_time_the_range_of_commits_stays_wide(suite):
    suite.commit()
    suite.night()
    (suite.root / "asv_verdict.toml").write_text(
        "exact = 'track_'\nlower_is_better = 'track_'\nconfirming_minutes = 0.0\n"
    )
    commits = [suite.commit("More", {"track_equations.*2": 1.05}) if i == 2 else suite.commit() for i in range(4)]
    assert confirmed(suite.night())[COUNTED].commits == tuple(commits)


def test_of_two_commits_the_one_with_more_than_half_of_the_change_is_named(suite):
    suite.commit()
    suite.night()
    suite.commit("A little", {"Slow.*20": 1.03})
    culprit = suite.commit("Most of it", {"Slow.*20": 1.25})
    suite.commit()
    assert confirmed(suite.night())[TIMED].commits == (culprit,)


def test_a_step_that_is_neither_nothing_nor_the_whole_change_is_measured_again(suite, monkeypatch):
    """Four slow rounds of the base let a change of × 3 look like one of × 1.4."""
    base = suite.commit()
    suite.night()
    commits = [suite.commit("Slow", {"Slow.*20": 3.0}), suite.commit(), suite.commit()]
    run = FakeRunner.run

    def disturbed(runner, results, *arguments):
        is_early = re.search(r"attribution-0.*round-[0-3]$", str(results)) is not None
        suite.speeds = (2.1,) if is_early and runner.commit == base else (1.0,)
        return run(runner, results, *arguments)

    monkeypatch.setattr(FakeRunner, "run", disturbed)
    assert confirmed(suite.night())[TIMED].commits == (commits[0],)


def test_the_neighbours_of_an_undecided_commit_decide():
    line = [f"commit {number}" for number in range(8)]
    blind = {line[3]}
    found = bisect(
        ["cell"],
        line,
        lambda commit, cells: dict.fromkeys(cells, None if commit in blind else line.index(commit) >= 5),
    )
    assert found["cell"] == (line[5],)


def test_without_any_decision_all_commits_are_named():
    line = [f"commit {number}" for number in range(5)]
    found = bisect(["cell"], line, lambda commit, cells: dict.fromkeys(cells))
    assert found["cell"] == tuple(line)


@pytest.mark.parametrize(("seconds", "is_late"), [(10.0, True), (1e9, False)])
def test_a_commit_that_was_not_built_in_time_is_not_said_not_to_build(suite, tmp_path, seconds, is_late):
    commit = suite.commit()
    runner = suite.runner(suite.project, "desk", commit)

    def build(results, seconds):
        raise OutOfTime("asv run was stopped after 9 s")

    runner.build = build
    builds = Builds(suite.project, "desk", tmp_path, make_runner=lambda *arguments: runner)
    assert builds.build(commit, time.monotonic() + seconds) is None
    late, failed = (f"{commit[:8]} was not built: the time", f"{commit[:8]} does not build: asv run was stopped")
    assert [sentence.startswith(late) for sentence in builds.remarks.notes] == [True] * is_late
    assert [sentence.startswith(failed) for sentence in builds.remarks.problems] == [True] * (not is_late)
