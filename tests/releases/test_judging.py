"""Changes of known size in synthetic releases are confirmed by release; unchanged cells are not."""

import math

import pytest

from asv_verdict.decide.judging import Judgement
from asv_verdict.model import State
from releases.evidence import evidence_of
from tests.support.judged_releases import FAST, SLOW, confirmed, measured


def test_a_slow_window_is_confirmed_at_its_first_release_and_at_the_fix(suite, judge):
    first = suite.commit()
    slower = suite.commit(factors={r"Fast.*\(3, 'a'\)": 1.8})
    same = suite.commit()
    faster = suite.commit(factors={r"Fast.*\(3, 'a'\)": 1 / 1.8})
    _, changes = measured(judge())
    found = confirmed(changes)
    cell = f"{FAST}(3, 'a')"
    assert set(found) == {(first, slower, cell), (same, faster, cell)}
    worse, better = found[first, slower, cell], found[same, faster, cell]
    assert (worse.effect, better.effect) == ("regression", "improvement")
    assert worse.interval[0] < 1.8 < worse.interval[1]
    assert better.interval[0] < 1 / 1.8 < better.interval[1]
    assert worse.baseline == f"jax {first[:4]}"


def test_nothing_is_confirmed_if_nothing_changed(suite, judge):
    for _ in range(6):
        suite.commit()
    _, changes = measured(judge())
    assert confirmed(changes) == {}


def test_a_drift_is_confirmed_against_the_first_release(suite, judge):
    first = suite.commit()
    for _ in range(8):
        newest = suite.commit(factors={r"Slow.*\(20\)": 1.007})
    _, changes = measured(judge())
    found = confirmed(changes)
    assert {cell for _, _, cell in found} == {f"{SLOW}(20)"}
    assert found[first, newest, f"{SLOW}(20)"].ratio == pytest.approx(1.007**8, abs=0.02)


def test_without_time_every_candidate_stays_inconclusive(suite, judge):
    suite.commit()
    suite.commit(factors={"Fast": 1.5})
    judging = judge()
    for pieces in judging.first_rounds():
        judging.record.measure(pieces)
    changes = judging.decide(judging.session(), -math.inf)
    assert len(changes) == 12
    assert {change.state for change in changes} == {State.INCONCLUSIVE}


def test_without_time_stored_rounds_are_still_judged(suite, judge):
    suite.commit()
    suite.commit(factors={r"Fast.*\(3, 'a'\)": 1.5, r"Slow.*\(20\)": 1.05})
    _, changes = measured(judge())
    assert len(confirmed(changes)) == 2
    runs = len(suite.runs)
    judging = judge()
    again = judging.decide(judging.session(), -math.inf)
    assert again == changes
    assert len(suite.runs) == runs


def test_a_decision_in_a_short_run_stays(suite, judge, monkeypatch):
    """If time is short, the largest candidates come first and the others in later rounds."""
    suite.commit()
    suite.commit(factors={"Fast": 1.05, r"Slow.*\(20\)": 1.5})
    clock = [0.0]
    monkeypatch.setattr("releases.judging.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("asv_verdict.decide.confirmation.INTERIM_ANALYSES", (2, 4))
    monkeypatch.setattr("asv_verdict.decide.judging.INTERIM_ANALYSES", (2, 4))
    monkeypatch.setattr("asv_verdict.decide.judging.LEAST_TO_CONFIRM", 4)

    def runner(project, machine, commit):
        made = suite.runner(project, machine, commit)
        whole = made.run
        made.run = lambda *arguments: (clock.__setitem__(0, clock[0] + 1.0), whole(*arguments))
        return made

    judging = judge(runner=runner)
    for pieces in judging.first_rounds():
        judging.record.measure(pieces)
    changes = judging.decide(judging.session(), clock[0] + 61.0)
    states = [change.state for change in changes]
    assert {State.CONFIRMED, State.INCONCLUSIVE} <= set(states), "the time sufficed for some"
    judging = judge(runner=runner)
    again = judging.decide(judging.session(), -math.inf)
    assert [change.state for change in again] == states


def test_the_confirmation_runs_two_processes_per_round(suite, judge):
    suite.commit()
    suite.commit(factors={r"Fast.*\(3, 'a'\)": 1.5})
    taken = []

    def runner(project, machine, commit):
        made = suite.runner(project, machine, commit)
        whole = made.run
        made.run = lambda results, pattern, seconds, *options: (
            taken.append(options),
            whole(results, pattern, seconds),
        )
        return made

    judging = judge(runner=runner)
    measured(judging)
    pieces = sum(map(len, judging.first_rounds()))
    assert taken[:pieces] == [()] * pieces
    assert set(taken[pieces:]) == {("--attribute", "rounds=2")}


def test_the_remaining_time_is_shared_by_all_candidates(suite, judge, monkeypatch):
    suite.commit()
    suite.commit(factors={"Fast": 1.5})
    suite.commit(factors={r"Slow.*\(20\)": 1.5})
    judging = judge()
    for pieces in judging.first_rounds():
        judging.record.measure(pieces)
    found = []
    monkeypatch.setattr("releases.judging.time.monotonic", lambda: 0.0)
    monkeypatch.setattr(
        judging, "confirm", lambda candidates, name, deadline, tests: found.append((len(candidates), deadline)) or []
    )
    judging.decide(judging.session(), 260.0)
    # There is no control, and the fastest release is the first.
    assert found == [(0, 0.0)] * 3 + [(13, 130.0), (13, 260.0), (0, 0.0)]


def test_controls_come_first_and_take_at_most_half_of_the_time(suite, judge, monkeypatch):
    suite.commit()
    suite.commit(factors={r"Fast|Slow.*\(20\)": 1.5})
    judging = judge()
    judging.is_control = lambda cell: "Slow" in cell
    for pieces in judging.first_rounds():
        judging.record.measure(pieces)
    found = []
    monkeypatch.setattr("releases.judging.time.monotonic", lambda: 0.0)
    monkeypatch.setattr(
        judging,
        "confirm",
        lambda candidates, name, deadline, tests: found.append((name, len(candidates), deadline)) or [],
    )
    judging.decide(judging.session(), 240.0)
    assert [one for one in found if one[1]] == [("control-again", 1, 120.0), ("again", 12, 240.0)]


def test_a_control_that_changes_twice_is_confirmed_over_both_steps(suite, judge):
    first = suite.commit()
    between = suite.commit(factors={r"Slow.*\(20\)": 1.06})
    last = suite.commit(factors={r"Slow.*\(20\)": 1.06})
    judging = judge()
    judging.is_control = lambda cell: "Slow" in cell
    _, changes = measured(judging)
    assert {(base, head) for base, head, _ in confirmed(changes)} == {(first, between), (between, last), (first, last)}


def test_with_too_few_rounds_the_ratio_of_the_first_rounds_is_reported(suite, judge):
    first = suite.commit()
    suite.commit()
    last = suite.commit(factors={r"Slow.*\(20\)": 1.05})
    judging = judge()
    session, _ = measured(judging)
    candidates = judging.suspect_in_all(session, dict.fromkeys(session.values[last], first))
    (one,) = (found for found in candidates if found.key[1] == f"{SLOW}(20)")
    change = judging.change_of(Judgement(one, rounds=[(9.0, 9.0)]))
    rounds = session.rounds(one.key, one.base, one.head)
    assert (change.before, change.after) == (min(old for old, _ in rounds), min(new for _, new in rounds))
    assert (change.state, change.ratio) == (State.INCONCLUSIVE, one.ratio.estimate)


def test_a_change_over_several_releases_names_all_of_them(suite, judge):
    first = suite.commit()
    between = suite.commit(factors={r"Slow.*\(20\)": 1.01})
    last = suite.commit(factors={r"Slow.*\(20\)": 1.04})
    _, changes = measured(judge())
    assert confirmed(changes)[first, last, f"{SLOW}(20)"].commits == (between, last)


def test_a_change_of_time_has_the_deterministic_metrics_of_its_program(suite, judge):
    suite.benchmarks = {
        "gradients.MVN.time_gradient": ("time", "seconds", [["3"], ["'jax'"]], 1e-4),
        "costs.MVN.track_equations": ("track", "equations", [["3", "100"], ["'jax'", "'autograd'"]], 40.0),
        "costs.RBF.track_equations": ("track", "equations", [["3"], ["'jax'"]], 40.0),
    }
    base = suite.commit()
    head = suite.commit(factors={r"costs.MVN.*\(100, 'jax'\)": 1.25})
    judging = judge(rounds=1)
    session, _ = measured(judging)
    (environment,) = {key[0] for key in session.values[head]}
    key = (environment, "gradients.MVN.time_gradient(3, 'jax')")
    found = evidence_of(key, base, head, session, judging.benchmarks, judging.project.settings)
    assert [(one.cell, one.words) for one in found] == [
        ("costs.MVN.track_equations(3, 'jax')", "equations 40, unchanged"),
        ("costs.MVN.track_equations(100, 'jax')", "equations 40 → 50"),
    ]
