"""Attribution: bisection over several new commits, for timed cells and deterministic metrics."""

import pytest

from asv_verdict.stats.bisection import bisect
from synthetic_suite import confirmed

TIMED = "kernels.Slow.time_call(20)"
COUNTED = "counts.Work.track_equations(2)"


@pytest.mark.parametrize("position", [0, 3, 6])
def test_bisection_finds_the_commit_at_any_position(suite, position):
    suite.commit()
    suite.night()
    commits = [suite.commit("Slow", {"Slow.*20": 1.1}) if i == position else suite.commit() for i in range(7)]
    assert confirmed(suite.night())[TIMED].commits == (commits[position],)


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
