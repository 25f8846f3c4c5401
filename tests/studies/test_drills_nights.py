"""What the drill of nights calls right, wrong and open."""

import pytest

from studies.drills.nights import faults, is_open
from studies.drills.project import Ended
from studies.drills.stories import FIRST, OTHER, STORIES, WORK, Night
from studies.drills.suite import cell


def ended(status, word, changes=(), missing=(), regressions=0, undecided=()):
    """A night that has ended, with confirmed changes of these cells by commit, and undecided cells."""
    listed = [{"cell": name, "commits": [commit], "state": "confirmed"} for name, commit in changes]
    listed += [{"cell": name, "commits": [], "state": "inconclusive"} for name in undecided]
    report = {"changes": listed, "missing": list(missing), "regressions": regressions}
    return Ended(status, f"{word}: 2 of 2 expected cells measured\n", "", report)


SLOWER = Night((), "regression", {WORK: 1})


COMMITS = ["a", "b"]


def test_a_night_that_is_right_has_no_fault():
    assert faults(SLOWER, ended(1, "regression", [(cell(WORK), "b")], regressions=1), COMMITS) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ended(0, "pass"),
        ended(0, "regression", [(cell(WORK), "b")], regressions=1),
        ended(1, "regression", [(cell(WORK), "a")], regressions=1),
        ended(1, "regression", [(cell(WORK), "b"), (cell(OTHER), "b")], regressions=2),
        ended(1, "regression", [(cell(WORK), "b")], [f"{cell(OTHER)} failed"], regressions=1),
        ended(2, ""),
    ],
)
def test_a_night_that_is_wrong_is_a_fault_and_not_open(wrong):
    assert faults(SLOWER, wrong, COMMITS)
    assert not is_open(SLOWER, wrong, COMMITS)


def test_an_inconclusive_night_is_open_unless_it_confirms_what_nobody_planted():
    open_night = ended(3, "inconclusive", undecided=[cell(WORK)])
    assert is_open(SLOWER, open_night, COMMITS)
    assert not is_open(SLOWER, ended(3, "inconclusive"), COMMITS)
    assert not is_open(SLOWER, ended(3, "inconclusive", [(cell(OTHER), "b")], undecided=[cell(WORK)]), COMMITS)
    assert not is_open(Night((), "broken", missing=(OTHER,)), ended(3, "inconclusive"), COMMITS)


def test_a_broken_night_is_open_if_noise_hides_the_planted_change():
    night = Night((), "broken", {WORK: 1}, missing=(OTHER,))
    lost = [f"{cell(OTHER)} failed"]
    assert is_open(night, ended(2, "broken", missing=lost, undecided=[cell(WORK)]), COMMITS)
    assert not is_open(night, ended(2, "broken", missing=lost), COMMITS)
    assert not is_open(night, ended(2, "broken", undecided=[cell(WORK)]), COMMITS)


def test_a_change_that_is_attributed_to_a_range_with_its_commit_is_open():
    both = ended(1, "regression", [(cell(WORK), "b")], regressions=1)
    both.report["changes"][0]["commits"] = ["a", "b"]
    assert faults(SLOWER, both, COMMITS)
    assert is_open(SLOWER, both, COMMITS)


def test_the_stories_plant_changes_in_benchmarks_that_they_have():
    assert len(STORIES) == 10
    for story in STORIES.values():
        code = FIRST
        for night in story:
            for change in night.commits:
                code = change(code)
            assert {*night.slower, *night.faster} <= code.benchmarks.keys()
            assert set(night.missing).isdisjoint(code.benchmarks.keys() - code.broken)
        compile(code.files()["benchmarks/times.py"], "times.py", "exec")
