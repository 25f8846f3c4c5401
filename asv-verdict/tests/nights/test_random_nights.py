"""Random repositories, and the shortest histories of the defects that they have found."""

import math
import os
import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from asv_verdict.decide.judging import INTERIM_ANALYSES, judge
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.model import State, Verdict
from asv_verdict.project import Settings
from asv_verdict.records.noise_floors import Noise
from asv_verdict.stats.ratio import Ratio
from faults import Fault
from random_repository import RandomRepository
from reading_reports import confirmed
from synthetic_suite import NOISE

SLOW = "kernels.Slow.time_call(20)"

#: A commit that makes a timed cell three times slower.
SLOWER = ("large", 4, 3.0, False)


class Killed(BaseException):
    """Stands in for the death of the process."""


def _killed(_):
    raise Killed


def _is_alone(request) -> bool:
    """Whether this process runs only this test. If not, another one runs it, and its failure is an error here.

    The rules fork, and JAX's threads, which another test may have started, do not survive a fork.
    """
    if os.environ.get("ALONE"):
        return True
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", request.node.nodeid]
    done = subprocess.run(
        command,
        cwd=request.config.rootpath,
        env={**environment, "ALONE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "1 passed" in done.stdout
    return False


def _run(number: int, examples: int, steps: int) -> None:
    seed(number)(RandomRepository)
    run_state_machine_as_test(
        RandomRepository,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_repositories(request):
    if _is_alone(request):
        _run(0, 6, 3)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 26))
def test_two_hundred_random_repositories(request, number):
    if _is_alone(request):
        _run(number, 8, 10)


def _lose_alarms(state, monkeypatch):
    monkeypatch.setattr("asv_verdict.decide.start.untold", lambda nights: [])


def _lose_numbers(state, monkeypatch):
    for path in state.suite.root.glob(".asv/results/desk/*-*.json"):
        path.unlink()


def _find_nothing(state, monkeypatch):
    monkeypatch.setattr("asv_verdict.nightly.candidates_of", lambda *arguments: [])
    state.night([SLOWER], None, is_busy=False, bench=None)


def _expect_nothing(state, monkeypatch):
    monkeypatch.setattr("asv_verdict.nightly.selected", lambda cells, selection: frozenset())
    state.night([("remove", 1, 1.0, False)], None, is_busy=False, bench=None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (_lose_alarms, "never printed are lost|pass, but"),
        (_lose_numbers, "numbers lost"),
        (_find_nothing, "pass, but"),
        (_expect_nothing, "pass without expected cells"),
    ],
)
def test_the_rules_notice_a_broken_night(request, monkeypatch, break_it, words):
    if not _is_alone(request):
        return
    state = RandomRepository()
    try:
        state.begin(0, branch=False, alone=True)
        state.night([SLOWER], Fault("kill", "tell"), is_busy=False, bench=None)
        with pytest.raises(AssertionError, match=words):
            _break(state, monkeypatch, break_it)
    finally:
        state.teardown()


def _break(state, monkeypatch, break_it):
    if break_it is not _lose_alarms:
        state.night([], None, is_busy=False, bench=None)
    break_it(state, monkeypatch)
    state.night([("nothing", 0, 1.0, False)], None, is_busy=False, bench=None)


# --- Found by random nights ---


def test_an_improvement_that_was_never_printed_is_reported_by_the_next_night(suite):
    suite.commit()
    suite.night()
    suite.commit("Fast", {"Slow.*20": 0.5})
    with pytest.raises(Killed):
        suite.night(_killed)
    suite.commit()
    report = suite.night()
    assert [change.cell for change in report.outcome.findings] == [SLOW]
    assert report.outcome.verdict is Verdict.PASS


def test_a_count_that_changes_twice_is_attributed_to_the_commit_of_the_larger_change(suite):
    suite.commit()
    suite.night()
    suite.commit("A few more", {"track_equations.*1": 1.05})
    culprit = suite.commit("Half as many", {"track_equations.*1": 0.5})
    assert culprit in confirmed(suite.night())["counts.Work.track_equations(1)"].commits


@pytest.mark.slow
def test_a_change_that_only_a_new_reference_shows_is_attributed_to_its_commit(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.5})
    reference = suite.commit()
    culprit = suite.commit("Fast", {"Slow.*20": 1 / 1.3})
    suite.night()
    suite.commit("Slow again", {"Slow.*20": 1.3})
    suite.night()
    suite.git("tag", "v1", reference)
    suite.commit("Innocent")
    assert all(culprit in change.commits for change in confirmed(suite.night()).values())


def test_a_cell_that_became_slow_while_it_was_broken_is_no_silent_pass(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow and broken", {"Slow.*20": 1.5}, failing={SLOW})
    suite.git("tag", "v1")
    suite.night()
    suite.commit("Mend")
    assert suite.night().outcome.verdict is not Verdict.PASS


def test_the_expected_cells_outlive_a_night_that_dies_after_it_copied_their_file(suite, monkeypatch):
    suite.commit()
    suite.night()
    (suite.project.folder / "manifest" / "desk.json").write_text("{")
    suite.commit()
    monkeypatch.setattr(suite, "dashboard", _killed)
    with pytest.raises(Killed):
        suite.night()
    monkeypatch.undo()
    suite.benchmarks.pop("counts.Work.track_equations")
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.BROKEN


@pytest.mark.slow
def test_a_cell_with_two_equally_frequent_speeds_is_rarely_confirmed():
    """One speed is unknown to the noise floors (docs/decisions/how-good-the-verdict-is.md)."""
    generator, key = random.Random(1), ("environment", SLOW)
    thresholds = Thresholds(Settings(), {"environment": Noise({SLOW: [NOISE, -NOISE, 2 * NOISE, -2 * NOISE]})})

    def pair():
        old, new = (generator.choice((1.0, 2.1)) * math.exp(generator.gauss(0, NOISE)) for _ in range(2))
        return old, new

    false, cells = 0, 3000
    for _ in range(cells):
        old, new = pair()
        candidate, rounds = Candidate(key, "base", "head", 0.02, "previous", Ratio(*3 * [new / old])), []
        for count in INTERIM_ANALYSES if abs(math.log(new / old)) > math.log(1.02) else ():
            rounds += [pair() for _ in range(count - len(rounds))]
            state = judge(candidate, rounds, thresholds).state
            if state is not State.INCONCLUSIVE:
                false += state is State.CONFIRMED
                break
    assert false <= 5
