"""Confirmation: candidates are confirmed, dismissed or inconclusive, on synthetic noise with a known change."""

import math
from dataclasses import replace

import numpy as np
import pytest

from asv_verdict.decide.confirmation import confirm
from asv_verdict.decide.judging import INTERIM_ANALYSES, Judgement, judge, without_chance
from asv_verdict.decide.screening import Thresholds
from asv_verdict.model import State
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from asv_verdict.stats.ratio import Ratio
from candidates import KEY, Bench, candidate, thresholds
from synthetic_results import synthetic_rounds


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

    (found,) = confirm([candidate(0.9 if change < 1 else 1.05)], Bench(measure), thresholds(noise), tests=1)
    assert found.state is expected
    assert len(found.rounds) in INTERIM_ANALYSES


def test_rounds_without_a_positive_time_are_dropped():
    ratios = iter([0.5, 0.5, 0.0, 0.5, 0.0])

    def measure(group):
        rounds.append((1.0, next(ratios, 0.0)))
        return [list(rounds) for _ in group]

    rounds = []
    (found,) = confirm([candidate(0.5)], Bench(measure), thresholds(0.01), tests=1)
    assert found.state is State.INCONCLUSIVE
    assert found.rounds == [(1.0, 0.5)] * 3


def test_many_rounds_confirm_a_change_below_the_noise_floor_of_one():
    limits = Thresholds(Settings(), {"env": Noise({KEY[1]: [0.06] + [0.001] * 15})})
    generator = np.random.default_rng(0)
    rounds = []

    def measure(group):
        rounds.extend(synthetic_rounds(1.055, 0.005, 1, generator))
        return [list(rounds) for _ in group]

    (found,) = confirm([candidate(1.065, 0.062)], Bench(measure), limits, tests=1)
    assert found.state is State.CONFIRMED
    assert found.seen.estimate < 1.06
    assert found.candidate.threshold < 0.04


@pytest.mark.parametrize(("against_reference", "expected"), [(1.05, State.CONFIRMED), (1.0, State.DISMISSED)])
def test_a_candidate_dismissed_against_previous_is_measured_against_the_reference(against_reference, expected):
    true = {"previous": 1.0, "reference": against_reference}
    candidates = [replace(candidate(), base=base, baseline=base) for base in true]
    measured = {base: [] for base in true}

    def measure(group):
        for one in group:
            measured[one.base].append((1.0, true[one.base]))
        return [list(measured[one.base]) for one in group]

    found = confirm(candidates, Bench(measure), thresholds(0.002), tests=2)
    assert [(one.candidate.baseline, one.state) for one in found] == [
        ("previous", State.DISMISSED),
        ("reference", expected),
    ]


def test_an_inconclusive_improvement_hides_no_regression():
    candidates = [replace(candidate(0.9), baseline="previous"), replace(candidate(1.3), baseline="reference")]
    found = confirm(candidates, Bench(pytest.fail, rounds=0), thresholds(0.2), tests=2)
    assert [(one.candidate, one.state) for one in found] == [(one, State.INCONCLUSIVE) for one in candidates]


def test_in_short_time_the_largest_candidates_are_decided():
    """There is time for 24 rounds of one candidate: 8 confirm each of the three largest changes."""
    candidates = [replace(candidate(ratio), key=("env", str(ratio))) for ratio in (1.04, 1.2, 1.05, 1.1)]
    measured = {one: [] for one in candidates}

    def spent():
        return sum(map(len, measured.values()))

    def measure(group):
        for one in group:
            measured[one].append((1.0, one.ratio.estimate))
        return [list(measured[one]) for one in group]

    noise = Noise({one.key[1]: [0.002 * math.sqrt(2)] * 10 for one in candidates})
    limits = Thresholds(Settings(), {"env": noise})
    found = confirm(candidates, Bench(measure, rounds=24), limits, tests=4)
    states = {one.candidate.ratio.estimate: one.state for one in found}
    assert {ratio for ratio, state in states.items() if state is State.CONFIRMED} == {1.2, 1.1, 1.05}
    assert spent() == 24


@pytest.mark.parametrize("change", [1.3, 0.7, 1.11, 5.0])
def test_eight_rounds_confirm_a_change_of_any_size(change):
    measured = []

    def measure(group):
        measured.append((1.0, change))
        return [list(measured) for _ in group]

    (found,) = confirm([candidate(change)], Bench(measure), thresholds(0.01), tests=1)
    assert (found.state, len(found.rounds)) == (State.CONFIRMED, 8)


def test_four_rounds_confirm_nothing():
    measured = []

    def measure(group):
        measured.append((1.0, 1.05))
        return [list(measured) for _ in group]

    (found,) = confirm([candidate()], Bench(measure, rounds=4), thresholds(0.002), tests=1)
    assert (found.state, len(found.rounds)) == (State.INCONCLUSIVE, 4)
    (found,) = confirm([candidate()], Bench(measure, rounds=8), thresholds(0.002), tests=1)
    assert (found.state, len(found.rounds)) == (State.CONFIRMED, 8)


@pytest.mark.parametrize(
    ("change", "noise", "spread", "expected"),
    [
        (1.010, 0.02, 0.0, State.DISMISSED),
        (1.035, 0.02, 0.0, State.INCONCLUSIVE),  # beyond the threshold of 16 rounds, within that of one
        (1.015, 0.02, 0.3, State.INCONCLUSIVE),  # within the threshold, with a wide interval
    ],
)
def test_a_dismissal_needs_an_interval_within_the_threshold(change, noise, spread, expected):
    rounds = [(1.0 + spread * (index % 4), change * (1 + spread * ((index % 4) ^ 1))) for index in range(16)]
    judged = judge(candidate(), rounds, thresholds(noise))
    assert judged.state is expected


@pytest.mark.parametrize(
    ("previous", "reference", "expected"),
    [
        (1.05, 1.05, ["previous confirmed"]),  # the next night judges what remains
        (1.05, 0.95, ["previous confirmed"]),
        (1.0, 1.05, ["previous dismissed", "reference confirmed"]),
        (1.0, 1.0, ["previous dismissed", "reference dismissed"]),
        (None, 1.05, ["reference confirmed"]),  # one of its commits made the inconclusive change too
        (None, None, ["previous inconclusive"]),  # stands for both
        (None, 0.95, ["previous inconclusive", "reference confirmed"]),
    ],
)
def test_candidates_of_one_cell_are_measured_together_and_judged_if_they_say_more(previous, reference, expected):
    """Without a true ratio, the rounds scatter too much to decide."""
    true, generator = {"previous": previous, "reference": reference}, np.random.default_rng(0)
    candidates = [replace(candidate(true[base] or 1.06), base=base, baseline=base) for base in true]
    measured, turns = {base: [] for base in true}, []

    def measure(group):
        turns.append([one.base for one in group])
        for one in group:
            ratio = true[one.base]
            measured[one.base] += [(1.0, ratio)] if ratio else synthetic_rounds(1.0, 0.5, 1, generator)
        return [list(measured[one.base]) for one in group]

    found = confirm(candidates, Bench(measure), thresholds(0.002), tests=2)
    assert [f"{one.candidate.baseline} {one.state.value}" for one in found] == expected
    assert turns[0] == ["previous", "reference"]


def test_without_time_every_candidate_is_inconclusive():
    (found,) = confirm([candidate()], Bench(pytest.fail, rounds=0), thresholds(0.01), tests=1)
    assert found == Judgement(candidate(), State.INCONCLUSIVE, None, ())


def test_a_confirmation_that_may_be_chance_becomes_inconclusive():
    weak = Judgement(candidate(), State.CONFIRMED, Ratio(1.04, 1.005, 1.076), [(1.0, 1.04)] * 4)
    strong = Judgement(candidate(), State.CONFIRMED, Ratio(1.5, 1.45, 1.55), [(1.0, 1.5)] * 16)
    states = [one.state for one in without_chance([weak, strong], 1000, thresholds(0.01))]
    assert states == [State.INCONCLUSIVE, State.CONFIRMED]


@pytest.mark.slow
def test_many_tests_take_more_rounds_to_confirm():
    def measure(group):
        rounds.append((1.0, 1.035 + 0.001 * (-1) ** len(rounds)))
        return [list(rounds) for _ in group]

    looks = []
    for tests in (1, 1_000_000):
        rounds = []
        (found,) = confirm([candidate()], Bench(measure), thresholds(0.007), tests)
        looks.append(len(found.rounds))
    assert looks[0] < looks[1]
