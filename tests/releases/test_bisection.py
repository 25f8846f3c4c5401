"""The releases between two measured ones are bisected until each change lies between neighbours."""

import itertools

from asv_verdict.model import State
from releases.bisection import bisected
from tests.support.synthetic_releases import RELEASES

ENDS = [RELEASES[0], RELEASES[-1]]


def test_each_change_is_found_between_neighbours_that_can_be_measured(project):
    calls = []

    def measure(chosen, hours):
        calls.append([release.version for release in chosen])
        return project.measure(chosen, hours=hours)

    summary = bisected(measure, RELEASES, ENDS, 1, say=lambda sentence: None)
    steps = {(one.before.version, one.after.version) for one in summary.of(State.CONFIRMED) if summary.is_step(one)}
    # 0.5.0 and 0.7.2 cannot be measured.
    assert steps == {("0.4.38", "0.5.3"), ("0.6.2", "0.8.0")}
    assert calls[0] == ["0.4.38", "0.8.0"]
    assert all(set(before) < set(after) for before, after in itertools.pairwise(calls))


def test_no_release_is_measured_twice(project):
    bisected(lambda chosen, hours: project.measure(chosen, hours=hours), RELEASES, ENDS, 1, say=lambda sentence: None)
    taken = project.taken
    bisected(lambda chosen, hours: project.measure(chosen, hours=hours), RELEASES, ENDS, 1, say=lambda sentence: None)
    assert project.taken == taken


def test_without_time_only_the_chosen_releases_are_measured(project):
    calls = []

    def measure(chosen, hours):
        calls.append(chosen)
        return project.measure(chosen)

    bisected(measure, RELEASES, ENDS, 0)
    assert calls == [ENDS]
