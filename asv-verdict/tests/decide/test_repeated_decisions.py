"""A second night on one commit measures what stayed open, and follows the present settings and acceptances."""

from asv_verdict.decide.candidates import CandidateRounds
from asv_verdict.model import State, Verdict
from reading_reports import confirmed

SLOW = "kernels.Slow.time_call(20)"
FAST = "kernels.Fast.time_call(1, 'a')"


def test_a_cell_that_was_not_compared_is_measured_again_although_another_one_is_a_regression(suite):
    base = suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.3, "Fast.*1, 'a'": 1.5})
    suite.commits[base].failing = frozenset({FAST})
    first = suite.night()
    assert first.outcome.verdict is Verdict.REGRESSION
    assert confirmed(first).keys() == {SLOW}
    suite.commits[base].failing = frozenset()
    assert confirmed(suite.night()).keys() == {SLOW, FAST}


def test_an_inconclusive_improvement_is_measured_again(suite, monkeypatch):
    suite.commit()
    suite.night()
    suite.commit("Fast", {"Slow.*20": 0.6})
    with monkeypatch.context() as patch:
        patch.setattr("asv_verdict.decide.candidates.CandidateRounds.seconds_left", 0.0)
        first = suite.night()
    assert first.outcome.verdict is Verdict.PASS
    assert [change.state for change in first.outcome.changes] == [State.INCONCLUSIVE]
    assert confirmed(suite.night())[SLOW].effect == "improvement"


def test_the_rounds_of_a_candidate_count_although_time_ran_out_before_they_were_judged(suite, monkeypatch):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.3})
    measure, done = CandidateRounds.measure, []
    monkeypatch.setattr(CandidateRounds, "measure", lambda rounds, group: done.append(group) or measure(rounds, group))
    monkeypatch.setattr(CandidateRounds, "seconds_left", property(lambda rounds: float(len(done) < 3)))
    report = suite.night()
    (change,) = (one for one in report.outcome.changes if one.cell == SLOW)
    assert (change.state, change.rounds) == (State.INCONCLUSIVE, 3)
    assert change.interval[0] < change.ratio < change.interval[1]


def test_an_acceptance_that_was_withdrawn_no_longer_counts(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Slow", {"Slow.*20": 1.3})
    accepted = suite.root / "asv_verdict_accepted.toml"
    accepted.write_text(f'[[accepted]]\ncell = ".*"\ncommit = "{culprit}"\nreason = "wanted"\n')
    assert suite.night().outcome.verdict is Verdict.PASS
    accepted.unlink()
    assert suite.night().outcome.verdict is Verdict.REGRESSION


def test_numbers_of_a_benchmark_that_was_changed_since_the_first_night_are_broken_if_they_are_not_stored(suite):
    """ASV reads the benchmarks from the work tree, so one commit can have results of two versions."""
    suite.commit()
    suite.night()
    head = suite.commit(failing={SLOW})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commits[head].failing = frozenset()
    suite.version = "2"
    report = suite.night()
    assert report.outcome.verdict is Verdict.BROKEN
    assert any("were not stored" in sentence and "another version" in sentence for sentence in report.outcome.missing)
