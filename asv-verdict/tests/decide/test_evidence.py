"""A candidate that a night leaves inconclusive stays one, and its rounds count in the nights after it."""

import contextlib
import json
import math

import pytest

from asv_verdict.decide.candidates import CandidateRounds
from asv_verdict.decide.confirmation import confirm
from asv_verdict.decide.judging import INTERIM_ANALYSES, LATER_ANALYSES, analyses_of
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.model import UNDECIDED, State, Verdict
from asv_verdict.project import Settings
from asv_verdict.records.noise_floors import Noise
from asv_verdict.records.past_nights import past_nights
from asv_verdict.stats.ratio import Ratio
from reading_reports import confirmed
from synthetic_results import ENVIRONMENT
from synthetic_suite import NOISE

SLOW = "kernels.Slow.time_call(20)"


@pytest.fixture
def short(monkeypatch):
    """Gives nights within it the time for a number of rounds."""
    measure = CandidateRounds.measure

    @contextlib.contextmanager
    def of(rounds):
        done = []

        def counted(self, group):
            found = measure(self, group)
            done.append(group)
            return found

        with monkeypatch.context() as patch:
            patch.setattr(CandidateRounds, "measure", counted)
            patch.setattr(CandidateRounds, "seconds_left", property(lambda self: float(len(done) < rounds)))
            yield

    return of


def _slowed(suite, short, rounds=6):
    """A repository whose last night left a slowdown undecided, and the commit that made it."""
    suite.commit()
    suite.git("tag", "v1")
    suite.night()
    suite.commit()
    suite.night()
    culprit = suite.commit("Slow", {"Slow.*20": 1.3})
    with short(rounds):
        report = suite.night()
    assert [change.state for change in report.outcome.changes if change.cell == SLOW] == [State.INCONCLUSIVE]
    return culprit


def test_the_next_night_decides_with_the_rounds_of_both(suite, short):
    culprit = _slowed(suite, short)
    suite.commit("Innocent")
    with short(2):
        change = confirmed(suite.night())[SLOW]
    assert (change.rounds, change.commits, change.baseline) == (8, (culprit,), UNDECIDED)


def test_nights_without_time_stay_inconclusive_until_their_rounds_suffice(suite, short):
    _slowed(suite, short, rounds=1)
    for night in range(2, 8):
        suite.commit("Innocent")
        with short(1):
            report = suite.night()
        found = [change for change in report.outcome.changes if change.baseline == UNDECIDED]
        assert [len(change.evidence) for change in found] == [night]
        assert report.outcome.verdict is Verdict.INCONCLUSIVE
    suite.commit("Innocent")
    with short(1):
        assert SLOW in confirmed(suite.night())


def test_a_night_without_any_round_forgets_nothing(suite, short):
    _slowed(suite, short)
    suite.commit("Innocent")
    with short(0):
        report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert max(len(change.evidence) for change in report.outcome.changes) == 6


def test_rounds_on_the_same_head_count(suite, short):
    _slowed(suite, short)
    with short(2):
        assert confirmed(suite.night())[SLOW].rounds == 8


def test_a_partial_night_of_other_cells_forgets_nothing(suite, short):
    _slowed(suite, short)
    suite.commit("Innocent")
    suite.night(bench="Fast")
    with short(2):
        assert confirmed(suite.night())[SLOW].rounds == 8


def test_a_cell_that_changed_since_begins_anew(suite, short):
    """The slowdown was taken back: the rounds with it say nothing about head, and the next night tells what it was."""
    culprit = _slowed(suite, short)
    suite.commit("Take it back", {"Slow.*20": 1 / 1.3})
    report = suite.night()
    assert confirmed(report)[SLOW].effect == "improvement"
    assert [change.evidence for change in report.outcome.changes if change.state is State.INCONCLUSIVE] == [()]
    suite.commit()
    assert [change.commits for change in confirmed(suite.night()).values()] == [(culprit,)]
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_rounds_of_another_processor_do_not_count(suite, short, monkeypatch):
    _slowed(suite, short)
    suite.commit("Innocent")
    monkeypatch.setattr("asv_verdict.decide.undecided.processor", lambda: "another")
    with short(2):
        report = suite.night()
    assert not confirmed(report)
    assert max(len(change.evidence) for change in report.outcome.changes) == 2


def test_a_base_that_does_not_build_any_more_is_named_once(suite, short):
    _slowed(suite, short)
    base = next(
        change.base for change in _last_night(suite).changes if change.cell == SLOW and change.baseline == "previous"
    )
    suite.commits[base].builds = False
    suite.commit("Innocent")
    report = suite.night()
    assert any(f"{base[:8]}, its base, does not build any more" in note for note in report.notes)
    assert not [change for change in report.outcome.changes if change.baseline == UNDECIDED]


def _last_night(suite):
    return past_nights(suite.project.folder, "desk", [])[-1]


def test_a_cell_that_fails_on_head_stays_undecided(suite, short):
    culprit = _slowed(suite, short)
    suite.commit("Break", failing={SLOW})
    assert suite.night().outcome.verdict is Verdict.BROKEN
    suite.commit("Mend")
    assert culprit in confirmed(suite.night())[SLOW].commits


# --- Cells whose level at the previous commit is unknown ---


def _attributed_to_a_range(suite, ratio):
    """A repository whose last night, a partial one, confirmed a change without finding its commit.

    The range begins with the previous commit, so that the change may have come before or after it.
    """
    first = suite.commit()
    suite.night()
    previous = suite.commit("Perhaps", {})
    suite.night()
    culprit = suite.commit("Change", {"Slow.*20": ratio})
    suite.night(bench="Slow")
    path = _last_night(suite).path
    content = json.loads(path.read_text())
    (change,) = (one for one in content["changes"] if one["cell"] == SLOW and one["state"] == "confirmed")
    change |= {"base": first, "commits": [previous, culprit]}
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("ratio", [1.3, 1 / 1.3])
def test_a_change_that_takes_back_one_of_unknown_commits_is_found(suite, ratio):
    _attributed_to_a_range(suite, ratio)
    culprit = suite.commit("Take it back", {"Slow.*20": 1 / ratio})
    change = confirmed(suite.night())[SLOW]
    assert change.commits == (culprit,)
    assert change.ratio == pytest.approx(1 / ratio, rel=0.02)


def test_without_another_change_nothing_more_is_measured(suite):
    _attributed_to_a_range(suite, 1.3)
    suite.commit("Innocent")
    report = suite.night()
    assert not [change for change in report.outcome.changes if change.baseline == UNDECIDED]


# --- The analyses ---


def _candidate(evidence=(), ratio=1.05):
    return Candidate((ENVIRONMENT, SLOW), "a", "b", 0.02, "previous", Ratio(ratio, ratio, ratio), evidence=evidence)


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (0, INTERIM_ANALYSES),
        (3, (4, 8, 16, 32)),
        (4, (8, 16, 32)),
        (31, (32,)),
        (32, (64,)),
        (100, (128,)),
        (128, ()),
    ],
)
def test_each_analysis_takes_place_once(rounds, expected):
    assert analyses_of(_candidate(((1.0, 1.0),) * rounds)) == expected
    assert set(expected) <= {*INTERIM_ANALYSES, *LATER_ANALYSES}


class _Measurer:
    """Measures rounds with a slowdown."""

    seconds_left = 1.0

    def __init__(self, change):
        self.change, self.taken = change, 0

    def seconds_of(self, candidate):
        return 0.0

    def measure(self, group):
        self.taken += 1
        return [[(1.0, self.change * math.exp((-1) ** turn * NOISE)) for turn in range(self.taken)] for _ in group]


def test_rounds_that_an_earlier_night_judged_are_not_judged_again():
    thresholds = Thresholds(Settings(), {ENVIRONMENT: Noise({SLOW: [NOISE, -NOISE] * 4})})
    measurer = _Measurer(1.1)
    (found,) = confirm([_candidate(((1.0, 1.1),) * 8)], measurer, thresholds, tests=100)
    assert (found.state, measurer.taken, len(found.rounds)) == (State.CONFIRMED, 8, 16)


def test_a_candidate_with_all_rounds_is_measured_no_more():
    measurer = _Measurer(1.1)
    (found,) = confirm([_candidate(((1.0, 1.1),) * 128)], measurer, Thresholds(Settings(), {}), tests=100)
    assert (found.state, measurer.taken) == (State.INCONCLUSIVE, 0)
