"""Whose change is it? Bisection over several new commits, of what is timed and of what is counted."""

import pytest
from suite import confirmed

from asv_verdict.culprit import bisect

TIMED = "kernels.Slow.time_call(20)"
COUNTED = "counts.Work.track_equations(2)"


@pytest.mark.parametrize("position", [0, 3, 6])
def test_the_culprit_is_found_wherever_it_is(suite, position):
    suite.commit()
    suite.night()
    commits = [suite.commit("Slow", {"Slow.*20": 1.1}) if i == position else suite.commit() for i in range(7)]
    assert confirmed(suite.night())[TIMED].commits == (commits[position],)


def test_what_is_counted_is_bisected_without_statistics(suite):
    suite.noise = 0.3
    suite.commit()
    suite.night()
    commits = [suite.commit("More", {"track_equations.*2": 1.05}) if i == 2 else suite.commit() for i in range(6)]
    change = confirmed(suite.night())[COUNTED]
    assert change.commits == (commits[2],)
    assert (change.before, change.after) == (40.0, 42.0)


def test_a_bump_among_several_commits_is_named_with_its_versions_alone(suite):
    suite.commit()
    suite.night()
    suite.commit("Bump SciPy", {}, {"scipy": "1.1"})
    bump = suite.commit("Bump NumPy", {"Slow.*20": 1.2}, {"numpy": "2.1"})
    suite.commit()
    change = confirmed(suite.night())[TIMED]
    assert (change.commits, change.packages) == ((bump,), ("numpy 2.0 → 2.1",))


def test_without_time_the_range_stays_as_wide_as_it_is_known_to_be(suite):
    suite.commit()
    suite.night()
    (suite.root / "asv_verdict.toml").write_text("exact = 'track_'\nconfirming_minutes = 0.0\n")
    commits = [suite.commit("More", {"track_equations.*2": 1.05}) if i == 2 else suite.commit() for i in range(4)]
    assert confirmed(suite.night())[COUNTED].commits == tuple(commits)


def test_two_culprits_of_one_cell_are_told_apart_by_which_is_half_of_it(suite):
    suite.commit()
    suite.night()
    suite.commit("A little", {"Slow.*20": 1.03})
    culprit = suite.commit("Most of it", {"Slow.*20": 1.25})
    suite.commit()
    assert confirmed(suite.night())[TIMED].commits == (culprit,)


def test_a_commit_that_cannot_be_told_leaves_its_neighbours_to_decide():
    line = [f"commit {number}" for number in range(8)]
    blind = {line[3]}
    found = bisect(
        ["cell"],
        line,
        lambda commit, cells: dict.fromkeys(cells, None if commit in blind else line.index(commit) >= 5),
    )
    assert found["cell"] == (line[5],)


def test_where_no_commit_can_be_told_all_are_to_blame():
    line = [f"commit {number}" for number in range(5)]
    found = bisect(["cell"], line, lambda commit, cells: dict.fromkeys(cells))
    assert found["cell"] == tuple(line)
