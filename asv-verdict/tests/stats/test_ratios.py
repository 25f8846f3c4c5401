"""Intervals of ratios, noise floors and discoveries, on synthetic noise with a known change."""

import json
import math

import numpy as np
import pytest

from asv_verdict.records.noise_floors import read_noise
from asv_verdict.stats.ratio import Ratio, adjacent_change, centres, discoveries, ratio
from synthetic_results import synthetic_rounds


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 16])
def test_the_interval_has_its_nominal_coverage(count):
    generator = np.random.default_rng(count)
    noise = 0.01
    holds = 0
    for _ in range(1000):
        seen = ratio(synthetic_rounds(1.05, noise, count, generator), noise * math.sqrt(2), 0.99)
        holds += seen.low < 1.05 < seen.high
    assert holds >= 980


@pytest.mark.parametrize("count", [4, 8, 16])
def test_the_interval_tolerates_noise_that_is_underestimated_by_half(count):
    generator = np.random.default_rng(count)
    seen = [ratio(synthetic_rounds(1.0, 0.01, count, generator), 0.005 * math.sqrt(2), 0.99) for _ in range(1000)]
    assert sum(one.low < 1.0 < one.high for one in seen) >= 960


def test_disturbed_rounds_do_not_change_the_ratio():
    quiet = [(1.0, 1.0), (1.0, 1.001), (1.0, 0.999), (1.0, 1.0)]
    seen = ratio([*quiet, (1.0, 3.0), (1.0, 2.0)], 0.002, 0.99)
    assert seen.estimate == pytest.approx(1.0, abs=0.001)
    assert seen.high < 1.01


def test_if_higher_is_better_the_highest_rounds_count():
    rounds = [(1.0, 1.05), (1.01, 1.04), (0.5, 1.06), (1.0, 0.4)]
    less = ratio([(1 / old, 1 / new) for old, new in rounds], 0.01, 0.99)
    more = ratio(rounds, 0.01, 0.99, higher_is_better=True)
    assert more.estimate == pytest.approx(1 / less.estimate)
    assert more.low == pytest.approx(1 / less.high)
    assert more.high > 1.05 > more.low


@pytest.mark.parametrize("higher_is_better", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_before_the_rounds_are_paired_the_ratio_is_that_of_the_values_that_are_shown(count, higher_is_better):
    rounds = synthetic_rounds(1.05, 0.2, count, np.random.default_rng(count))
    old, new = centres(rounds, higher_is_better=higher_is_better)
    assert new / old == pytest.approx(ratio(rounds, 0.1, 0.99, higher_is_better=higher_is_better).estimate)


def test_thresholds_apply_in_both_directions():
    assert Ratio(1.1, 1.05, 1.15).exceeds(0.03)
    assert Ratio(0.9, 0.88, 0.92).exceeds(0.03)
    assert not Ratio(1.1, 1.01, 1.2).exceeds(0.03)
    assert Ratio(1.0, 0.98, 1.02).is_within(0.03)
    assert not Ratio(1.0, 0.96, 1.02).is_within(0.03)
    assert not Ratio(1.0, 0.98, 1.04).is_within(0.03)


def test_a_small_probability_among_many_tests_is_not_a_discovery():
    chances = {str(number): (number + 1) / 100 for number in range(100)}
    assert discoveries(chances, 0.1) == set()
    assert discoveries(chances | {"true": 1e-6}, 0.1) == {"true"}
    assert discoveries({}, 0.1) == set()


# --- Noise ---


def test_most_differences_of_identical_runs_lie_below_the_noise_floor(tmp_path):
    path = tmp_path / "desk" / "env.json"
    path.parent.mkdir()
    pairs = [{"values": {"x": [1.0, 1.0 + 0.001 * number]}} for number in range(1, 21)]
    pairs += [
        {"values": {"x": [1.0, 5.0]}, "busy_processes": 2},
        {"values": {"x": [1.0, 5.0]}, "slowed": True},
        {"values": {"x": [1.0, 5.0]}, "interleaved": False},
        {"values": {"x": [1.0, 5.0]}, "clock": "ASV's default"},
    ]
    path.write_text(json.dumps({"pairs": pairs}))
    problems = []
    noise = read_noise(tmp_path, "desk", "env", problems)
    assert problems == []
    assert noise.floor("x") == pytest.approx(1.645 * 1.4826 * 0.0105, rel=0.05)
    assert noise.floor("unknown") == pytest.approx(math.expm1(1.645 * 0.02)), "the default noise is assumed"
    assert noise.of("unknown") >= 0.02


@pytest.mark.parametrize(
    ("tonight", "noise", "said"),
    [
        ("new", 0.01, []),
        ("old", 0.05, []),
        ("third", 0.01, ["measured on new; the processor of this run is third"]),
        (None, 0.01, []),
    ],
)
def test_noise_floors_come_from_tonights_processor(tmp_path, tonight, noise, said):
    pairs = [
        {"values": {"x": [1.0, 1.0 + size]}, "measured_with": {"cpu": cpu}}
        for cpu, size in [(None, 0.1), ("old", 0.05), ("new", 0.01)]
        for _ in range(20)
    ]
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "env.json").write_text(json.dumps({"pairs": pairs}))
    problems = []
    found = read_noise(tmp_path, "desk", "env", problems, processor=tonight)
    assert found.of("x") == pytest.approx(1.4826 * noise, rel=0.05)
    assert [one in problem for one, problem in zip(said, problems, strict=True)] == [True] * len(said)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "no noise floors were measured"),
        ('{"pairs": []}', "no noise floors were measured"),
        ('{"pairs": [{"values": {"x": [1, 2]}, "busy_processes": 2}]}', "no noise floors were measured"),
        ("{", "cannot be read"),
        ('{"pairs": [{"values": {"x": [0, 1]}}]}', "ignored the pair 0, 1 of x: expected two positive numbers"),
    ],
)
def test_without_noise_floors_a_default_is_assumed_and_reported(tmp_path, text, sentence):
    if text is not None:
        (tmp_path / "desk").mkdir()
        (tmp_path / "desk" / "env.json").write_text(text)
    problems = []
    noise = read_noise(tmp_path, "desk", "env", problems)
    assert noise.of("x") == pytest.approx(0.02)
    assert sentence in problems[0]


@pytest.mark.parametrize("rounds", [[(5e-324, 1.0)], [(1.0, 5e-324)] * 8, [(1e-300, 1e300)] * 4])
def test_a_ratio_that_no_float_can_hold_is_the_largest_one(rounds):
    found = ratio(rounds, 0.01, 0.99)
    assert all(0 < value < math.inf for value in (found.low, found.estimate, found.high))
    assert found.exceeds(1.0)


def _excluded(draw, count, tries=400):
    """The share of 99 % intervals of identical commits that exclude the ratio 1, and their mean width."""
    generator = np.random.default_rng(0)
    found = [ratio(np.exp(draw(generator, count)), 0.01 * 2**0.5, 0.99) for _ in range(tries)]
    return sum(not one.low <= 1 <= one.high for one in found) / tries, np.mean([one.high - one.low for one in found])


def _drifting(generator, count):
    """Rounds on a machine whose speed drifts by 10 %: both commits of a round are equally slow, but for 1 %."""
    return generator.normal(0, 0.1, (count, 1)) + generator.normal(0, 0.01, (count, 2))


def _disturbed(generator, count):
    """Rounds of 1 % noise, of which each third process is slower by up to a half."""
    return (
        generator.normal(0, 0.01, (count, 2)) + (generator.random((count, 2)) < 0.3) * generator.random((count, 2)) / 2
    )


@pytest.mark.parametrize("draw", [_drifting, _disturbed])
def test_an_interval_is_narrow_where_the_speed_drifts_and_where_processes_are_disturbed(draw):
    excluded, width = _excluded(draw, 32)
    assert excluded <= 0.02
    assert width < 0.03


def test_fewer_rounds_are_not_paired():
    assert _excluded(_drifting, 8)[1] > 0.1


def test_noise_that_the_rounds_contradict_does_not_count():
    rounds = np.exp(np.random.default_rng(1).normal(0, 0.2, (8, 2)))
    with_noise, without = (ratio(rounds, noise, 0.99) for noise in (0.001, 1e-9))
    assert with_noise == without
    assert with_noise.freedom == 6
    assert ratio(rounds, 0.2, 0.99).freedom == 10


def test_disturbed_processes_at_both_ends_are_left_out_of_the_change_between_adjacent_ones():
    rounds = [(1.0, 9.0), (1.0, 0.1), (1.0, 1.06), (1.0, 1.04)]
    assert adjacent_change(rounds) == pytest.approx(math.log(1.06 * 1.04) / 2)


def test_adjacent_processes_have_less_noise_on_a_machine_that_drifts():
    generator = np.random.default_rng(0)
    of_values, of_adjacent = [], []
    for _ in range(500):
        speeds = np.exp(generator.normal(0, 0.1, (8, 1)))
        rounds = speeds * np.exp(generator.normal(0, 0.01, (8, 2)))
        first, second = np.sort(rounds, axis=0)[1]
        of_values.append(abs(math.log(second / first)))
        of_adjacent.append(abs(adjacent_change(rounds.tolist())))
    assert np.quantile(of_adjacent, 0.9) < 0.6 * np.quantile(of_values, 0.9)


def test_the_noise_of_adjacent_processes_is_kept_apart(tmp_path):
    (tmp_path / "desk").mkdir()
    pairs = [
        {"values": {"m.x": [1.0, 1.03], "m.y": [1.0, 1.01]}, "adjacent": {"m.x": [[1.0, 1.004]] * 4}},
        {"values": {"m.x": [1.0, 1.03]}, "adjacent": {"m.x": [[1.0, 1.2]] * 3}},
        {"values": {"m.x": [1.0, 1.03]}},
    ]
    (tmp_path / "desk" / "env.json").write_text(json.dumps({"pairs": pairs}))
    noise = read_noise(tmp_path, "desk", "env", [])
    assert noise.adjacent == {"m.x": [pytest.approx(math.log(1.004))]}
    assert len(noise.differences["m.x"]) == 3
    assert noise.adjacent_floor("m.x") < 0.012 < noise.floor("m.x")
    assert noise.adjacent_floor("m.y") == math.inf


@pytest.mark.parametrize("adjacent", [5, {"m.x": 5}, {"m.x": [5]}, {"m.x": [[1.0]]}, {"m.x": [[1.0, 2.0, 3.0]]}])
def test_damaged_adjacent_are_reported(tmp_path, adjacent):
    (tmp_path / "desk").mkdir()
    pair = {"values": {"m.x": [1.0, 1.03]}, "adjacent": adjacent}
    (tmp_path / "desk" / "env.json").write_text(json.dumps({"pairs": [pair]}))
    read_noise(tmp_path, "desk", "env", problems := [])
    assert "cannot be read" in problems[0]


def test_adjacent_that_are_no_positive_numbers_are_left_out(tmp_path):
    (tmp_path / "desk").mkdir()
    adjacent = {"m.x": [[1.0, 1.004]] * 4 + [[0.0, 1.0], [None, 1.0], ["a", 1.0]]}
    pair = {"values": {"m.x": [1.0, 1.03]}, "adjacent": adjacent}
    (tmp_path / "desk" / "env.json").write_text(json.dumps({"pairs": [pair]}))
    assert read_noise(tmp_path, "desk", "env", []).adjacent["m.x"] == [pytest.approx(math.log(1.004))]
