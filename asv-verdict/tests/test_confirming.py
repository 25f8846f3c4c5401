"""Confirmation: candidates are confirmed, dismissed or inconclusive, on synthetic noise with a known change."""

import math
from dataclasses import replace

import numpy as np
import pytest

from asv_verdict.decide.changes import judged
from asv_verdict.decide.confirmation import INTERIM_ANALYSES, Judgement, confirm, judge, without_chance
from asv_verdict.decide.measurement import Measurement
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.measure.session import Session
from asv_verdict.model import State
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from asv_verdict.stats.ratio import Ratio
from synthetic_suite import synthetic_rounds

KEY = ("env", "kernels.time_x")


def _suspicion(estimate=1.05, threshold=0.02):
    return Candidate(KEY, "old", "new", threshold, "previous", Ratio(estimate, estimate, estimate))


def _limits(noise):
    return Thresholds(Settings(), {"env": Noise({KEY[1]: [noise * math.sqrt(2)] * 10})})


@pytest.mark.parametrize(
    ("change", "noise", "expected"),
    [
        (1.05, 0.002, State.CONFIRMED),
        (1.0, 0.002, State.DISMISSED),
        (0.9, 0.002, State.CONFIRMED),
        (1.05, 0.2, State.INCONCLUSIVE),
    ],
)
def test_a_candidate_is_confirmed_dismissed_or_inconclusive(change, noise, expected):
    generator = np.random.default_rng(0)
    rounds = []

    def measure(group):
        rounds.extend(synthetic_rounds(change, noise, 1, generator))
        return [list(rounds) for _ in group]

    (found,) = confirm([_suspicion(0.9 if change < 1 else 1.05)], measure, _limits(noise), lambda rounds: True, tests=1)
    assert found.state is expected
    assert len(found.rounds) in INTERIM_ANALYSES


def test_rounds_without_a_positive_time_are_dropped():
    ratios = iter([0.5, 0.5, 0.0, 0.5, 0.0])

    def measure(group):
        rounds.append((1.0, next(ratios, 0.0)))
        return [list(rounds) for _ in group]

    rounds = []
    (found,) = confirm([_suspicion(0.5)], measure, _limits(0.01), lambda rounds: True, tests=1)
    assert found.state is State.INCONCLUSIVE
    assert found.rounds == [(1.0, 0.5)] * 3


def test_many_rounds_confirm_a_change_below_the_noise_floor_of_one():
    thresholds = Thresholds(Settings(), {"env": Noise({KEY[1]: [0.06] + [0.001] * 15})})
    generator = np.random.default_rng(0)
    rounds = []

    def measure(group):
        rounds.extend(synthetic_rounds(1.055, 0.005, 1, generator))
        return [list(rounds) for _ in group]

    (found,) = confirm([_suspicion(1.065, 0.062)], measure, thresholds, lambda rounds: True, tests=1)
    assert found.state is State.CONFIRMED
    assert found.seen.estimate < 1.06
    assert found.candidate.threshold < 0.04


@pytest.mark.parametrize(("against_reference", "expected"), [(1.05, State.CONFIRMED), (1.0, State.DISMISSED)])
def test_a_candidate_dismissed_against_previous_is_measured_against_the_reference(against_reference, expected):
    true = {"previous": 1.0, "reference": against_reference}
    candidates = [replace(_suspicion(), base=base, baseline=base) for base in true]
    measured = {base: [] for base in true}

    def measure(group):
        for one in group:
            measured[one.base].append((1.0, true[one.base]))
        return [list(measured[one.base]) for one in group]

    found = confirm(candidates, measure, _limits(0.002), lambda rounds: True, tests=2)
    assert [(one.candidate.baseline, one.state) for one in found] == [
        ("previous", State.DISMISSED),
        ("reference", expected),
    ]


def test_an_inconclusive_improvement_hides_no_regression():
    candidates = [replace(_suspicion(0.9), baseline="previous"), replace(_suspicion(1.3), baseline="reference")]
    found = confirm(candidates, pytest.fail, _limits(0.2), lambda rounds: False, tests=2)
    assert [(one.candidate, one.state) for one in found] == [(one, State.INCONCLUSIVE) for one in candidates]


def test_in_short_time_the_largest_candidates_are_decided():
    """There is time for 24 rounds of one candidate: 8 confirm each of the three largest changes."""
    candidates = [replace(_suspicion(ratio), key=("env", str(ratio))) for ratio in (1.04, 1.2, 1.05, 1.1)]
    measured = {one: [] for one in candidates}

    def spent():
        return sum(map(len, measured.values()))

    def measure(group):
        for one in group:
            measured[one].append((1.0, one.ratio.estimate))
        return [list(measured[one]) for one in group]

    noise = Noise({one.key[1]: [0.002 * math.sqrt(2)] * 10 for one in candidates})
    thresholds = Thresholds(Settings(), {"env": noise})
    found = confirm(candidates, measure, thresholds, lambda rounds: spent() + rounds <= 24, tests=4)
    states = {one.candidate.ratio.estimate: one.state for one in found}
    assert {ratio for ratio, state in states.items() if state is State.CONFIRMED} == {1.2, 1.1, 1.05}
    assert spent() == 24


@pytest.mark.parametrize("change", [1.3, 0.7, 1.11, 5.0])
def test_eight_rounds_confirm_a_change_of_any_size(change):
    measured = []

    def measure(group):
        measured.append((1.0, change))
        return [list(measured) for _ in group]

    (found,) = confirm([_suspicion(change)], measure, _limits(0.01), lambda rounds: True, tests=1)
    assert (found.state, len(found.rounds)) == (State.CONFIRMED, 8)


def test_four_rounds_confirm_nothing():
    measured = []

    def measure(group):
        measured.append((1.0, 1.05))
        return [list(measured) for _ in group]

    (found,) = confirm([_suspicion()], measure, _limits(0.002), lambda rounds: len(measured) < 4, tests=1)
    assert (found.state, len(found.rounds)) == (State.INCONCLUSIVE, 4)
    (found,) = confirm([_suspicion()], measure, _limits(0.002), lambda rounds: len(measured) < 8, tests=1)
    assert (found.state, len(found.rounds)) == (State.CONFIRMED, 8)


@pytest.mark.parametrize(
    ("change", "noise", "spread", "expected"),
    [
        (1.010, 0.02, 0.0, State.DISMISSED),
        (1.035, 0.02, 0.0, State.INCONCLUSIVE),  # beyond the threshold of 16 rounds, within that of one
        (1.015, 0.02, 0.1, State.INCONCLUSIVE),  # within the threshold, with a wide interval
    ],
)
def test_a_dismissal_needs_an_interval_within_the_threshold(change, noise, spread, expected):
    rounds = [(1.0 + spread * (index % 4), change * (1 + spread * ((index + 1) % 4))) for index in range(16)]
    judged = judge(_suspicion(), rounds, _limits(noise))
    assert judged.state is expected


def test_a_candidate_confirmed_against_previous_is_not_measured_again():
    candidates = [replace(_suspicion(), baseline=baseline) for baseline in ("previous", "reference")]
    looks = []

    def measure(group):
        looks.extend(one.baseline for one in group)
        return [[(1.0, 1.05)] * len(looks) for _ in group]

    (found,) = confirm(candidates, measure, _limits(0.002), lambda rounds: True, tests=2)
    assert found.state is State.CONFIRMED
    assert set(looks) == {"previous"}


def test_without_time_every_candidate_is_inconclusive():
    (found,) = confirm([_suspicion()], pytest.fail, _limits(0.01), lambda rounds: False, tests=1)
    assert found == Judgement(_suspicion(), State.INCONCLUSIVE, None, ())


def test_a_confirmation_that_may_be_chance_becomes_inconclusive():
    weak = Judgement(_suspicion(), State.CONFIRMED, Ratio(1.04, 1.021, 1.06), [(1.0, 1.04)] * 4)
    strong = Judgement(_suspicion(), State.CONFIRMED, Ratio(1.5, 1.45, 1.55), [(1.0, 1.5)] * 16)
    states = [one.state for one in without_chance([weak, strong], 1000, _limits(0.01))]
    assert states == [State.INCONCLUSIVE, State.CONFIRMED]


@pytest.mark.slow
def test_many_tests_take_more_rounds_to_confirm():
    def measure(group):
        rounds.append((1.0, 1.03 + 0.001 * (-1) ** len(rounds)))
        return [list(rounds) for _ in group]

    looks = []
    for tests in (1, 1_000_000):
        rounds = []
        (found,) = confirm([_suspicion()], measure, _limits(0.003), lambda rounds: True, tests)
        looks.append(len(found.rounds))
    assert looks[0] < looks[1]


# --- Signs ---


@pytest.mark.parametrize("screened", [2.3, 1.05])
@pytest.mark.parametrize("count", INTERIM_ANALYSES[1:])
def test_nothing_is_confirmed_against_the_direction_of_the_screening(screened, count):
    """The screening found a slowdown, but every round shows × 0.475: a cell with two speeds can do that."""
    judged = judge(_suspicion(screened), [(1.0, 0.475)] * count, _limits(0.002))
    assert judged.state is State.INCONCLUSIVE
    assert judge(_suspicion(1 / screened), [(1.0, 0.475)] * count, _limits(0.002)).state is State.CONFIRMED


@pytest.mark.parametrize("differences", [[], [0.001], [0.001, 0.002, 0.001]])
def test_fewer_than_eight_rounds_confirm_nothing_with_little_measured_noise(differences):
    thresholds = Thresholds(Settings(), {"env": Noise({KEY[1]: differences, "other": [0.001] * 10})})
    for count, expected in ((4, State.INCONCLUSIVE), (7, State.INCONCLUSIVE), (8, State.CONFIRMED)):
        assert judge(_suspicion(2.0), [(1.0, 2.0)] * count, thresholds).state is expected
    nowhere = Thresholds(Settings(), {})
    assert judge(_suspicion(0.5), [(1.0, 0.5)] * 4, nowhere).state is State.INCONCLUSIVE


@pytest.mark.parametrize(
    ("agreeing", "count", "expected"),
    [
        (4, 4, State.INCONCLUSIVE),
        (6, 8, State.INCONCLUSIVE),
        (7, 8, State.CONFIRMED),
        (11, 16, State.INCONCLUSIVE),
        (12, 16, State.CONFIRMED),
    ],
)
@pytest.mark.parametrize("change", [1.5, 1 / 1.5])
def test_the_rounds_of_a_confirmed_change_agree_in_sign(agreeing, count, expected, change):
    # The other rounds are ties in the worse half of both sides, so the interval still lies beyond the threshold.
    worse = max(1.0, change)
    rounds = [(1.0, change)] * agreeing + [(worse, worse)] * (count - agreeing)
    assert judge(_suspicion(change), rounds, _limits(0.002)).state is expected


@pytest.mark.parametrize("screened", [1.5, 0.6])
@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (1, -1, 1, -1), (-1, -1, -1, -1)])
def test_an_interval_within_the_threshold_is_dismissed_whatever_the_signs(screened, signs):
    rounds = [(1.0, 1.0 + 0.001 * sign) for sign in signs]
    assert judge(_suspicion(screened), rounds, _limits(0.002)).state is State.DISMISSED


def _change(suite, candidate, state, seen, rounds):
    measurement = Measurement("new", {}, {}, (), Session([]))
    (change,) = judged(candidate, state, seen, rounds, measurement, suite.project.settings).changes
    return change


@pytest.mark.parametrize(
    ("screened", "seen", "state", "effect"),
    [
        (2.3, 0.475, State.INCONCLUSIVE, "change"),
        (0.475, 2.3, State.INCONCLUSIVE, "change"),
        (0.5, 0.475, State.INCONCLUSIVE, "improvement"),
        (2.3, 2.0, State.CONFIRMED, "regression"),
        (1.05, 0.999, State.DISMISSED, "improvement"),
    ],
)
def test_a_contradiction_of_screening_and_confirmation_raises_an_alarm(suite, screened, seen, state, effect):
    found = _change(suite, _suspicion(screened), state, Ratio(seen, seen, seen), [(1.0, seen)] * 4)
    assert (found.state, found.effect) == (state, effect)
    assert found.alarms is (effect != "improvement")


@pytest.mark.parametrize(
    "rounds",
    [
        [(225.0, 240.0), (230.0, 220.0), (226.0, 239.0), (227.0, 241.0)],  # the smallest values said the opposite
        [(225.0, 240.0)],
        [(5.0, 0.0), (225.0, 236.0)],  # a round without a ratio
    ],
)
def test_the_values_of_a_change_agree_with_its_ratio(suite, rounds):
    seen = _limits(0.01).ratio(KEY, [one for one in rounds if min(one) > 0], 0.99)
    change = _change(suite, _suspicion(), State.INCONCLUSIVE, seen, rounds)
    assert change.after / change.before == pytest.approx(change.ratio)


def test_a_change_without_any_round_has_no_values(suite):
    change = _change(suite, _suspicion(), State.INCONCLUSIVE, Ratio(1.1, 1.0, 1.2), [])
    assert (change.before, change.after) == (None, None)
