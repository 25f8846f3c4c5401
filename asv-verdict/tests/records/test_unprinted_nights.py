"""A night that was killed before it printed its report: the next one says what nobody has read."""

import pytest

from asv_verdict.model import Verdict

COUNT = "counts.Work.track_equations(1)"
NEW = "added.New.time_call(1)"


class Killed(BaseException):
    """Stands in for the death of the process."""


def _killed(report):
    raise Killed


@pytest.mark.parametrize("commits", [0, 1, 2], ids=["same head", "next head", "a later head"])
def test_a_change_without_a_ratio_that_was_not_printed_is_said_by_the_next_night(suite, commits):
    (suite.root / "asv_verdict.toml").write_text('lower_is_better = "track_equations"\n')
    suite.commit(values={COUNT: 0.0})
    suite.night()
    suite.commit("Change", values={COUNT: 5.0})
    with pytest.raises(Killed):
        suite.night(_killed)
    for _ in range(commits):
        suite.commit(values={COUNT: 5.0})
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert sum("changed from 0 " in sentence for sentence in report.outcome.undecided) == 1
    suite.commit(values={COUNT: 5.0})
    assert suite.night().outcome.verdict is Verdict.PASS, "it is said once"


@pytest.mark.parametrize("step", ["report", "tell"])
def test_a_new_cell_that_fails_is_broken_on_the_first_night_that_is_printed(suite, monkeypatch, step):
    suite.commit(failing={NEW})
    suite.night()
    suite.benchmarks["added.New.time_call"] = ("time", "seconds", [["1"]], 1e-3)
    suite.commit(failing={NEW})
    if step == "report":
        monkeypatch.setattr("asv_verdict.nightly.mark_untold", _killed)
    with pytest.raises(Killed):
        suite.night(_killed)
    monkeypatch.undo()
    suite.commit(failing={NEW})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commit(failing={NEW})
    assert suite.night().outcome.verdict is Verdict.PASS, "it is said once"
