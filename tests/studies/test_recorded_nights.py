"""The scores of detectors on synthetic nights with known slowdowns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from asv_verdict.decide.screening import Candidate
from asv_verdict.model import State
from asv_verdict.stats.ratio import Ratio
from studies.recorded_nights import replay
from studies.recorded_nights.__main__ import COLUMNS, report
from studies.recorded_nights.detectors import DETECTORS
from studies.recorded_nights.joining import joined, length, long_enough
from studies.recorded_nights.replay import NEW, OLD, REFERENCE, Replay
from studies.recorded_nights.scores import AFTER, score_drift, score_histories, score_silence, score_slowdown
from studies.synthetic_histories import scoring


def _nights(noise, count=4, processes=48):
    generator = np.random.default_rng(0)
    cells = [f"cell {number}" for number in range(12)]
    made = [{cell: np.exp(generator.normal(0, noise, processes)).tolist() for cell in cells} for _ in range(count)]
    return [_recorded(minima, 60 * number) for number, minima in enumerate(made)]


def _recorded(minima, minute=0, seconds=600.0, cpu="a CPU"):
    started = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()
    with_ = {"cpu": cpu}
    return {"busy_processes": 0, "started": started, "seconds": seconds, "measured_with": with_, "minima": minima}


def _replay(noise, seed=0):
    return Replay(_nights(noise), _nights(noise), seed)


def test_on_quiet_nights_every_slowdown_is_found_without_false_alarms():
    quiet = _replay(0.002)
    silence, slow = score_silence(quiet, 24), score_slowdown(quiet, 0.05, 24)
    assert (silence.false_alarms, silence.inconclusive, silence.cell_nights) == (0, 0, 24 * 12)
    assert slow.found == [1] * 24
    assert slow.false_alarms == 0


def test_on_noisy_nights_a_small_slowdown_is_inconclusive():
    noisy = _replay(0.15)
    states = [noisy.verdict("cell 0", {OLD: 1.0, NEW: 1.1, REFERENCE: 1.0}).get("cell 0") for _ in range(60)]
    assert states.count(State.INCONCLUSIVE) > 5
    assert states.count(State.DISMISSED) <= 2, "a 95 % interval may exclude the slowdown"


def test_no_process_is_used_twice_in_a_night(monkeypatch):
    made = _nights(0.01)
    for night in made:
        night["minima"] = {cell: np.arange(1.0, 49.0).tolist() for cell in night["minima"]}
    seen = {"session": [], "rounds": []}

    def suspect_all(session, base, head, baseline, thresholds):
        seen["session"] += [values[0] for commit in session.values.values() for values in commit.values()]
        return [Candidate(key, base, head, 0.02, baseline, Ratio(1.5, 1.5, 1.5)) for key in session.values[head]]

    def confirm_all(candidates, measurer, thresholds, tests):
        while measurer.seconds_left:
            rounds = measurer.measure(candidates[:12])  # of one baseline: a round measures each cell once
        seen["rounds"] += [value for cell in rounds for both in cell for value in both]
        return []

    monkeypatch.setattr(replay, "screen", suspect_all)
    monkeypatch.setattr(replay, "confirm", confirm_all)
    Replay(made, made, 0).verdict()
    # All 12 cells have the same numbers, so a number that is used once appears 12 times.
    assert seen["rounds"]
    assert set(seen["session"]).isdisjoint(seen["rounds"])
    assert all(seen["rounds"].count(value) == 12 for value in set(seen["rounds"]))


def test_a_drift_is_found_before_it_adds_up_to_5_percent():
    sums, late = score_drift(_replay(0.002), 12)
    assert late == 0
    assert max(sums) < 0.05


@pytest.mark.parametrize("slowdown", [0.0, 0.2])
def test_histories_are_scored_for_every_detector(slowdown):
    scores = score_histories(_replay(0.005), slowdown, 2)
    assert set(scores) == set(DETECTORS)
    for name in ("our detector", "the plain rule"):
        assert scores[name].found == ([3] * 2 if slowdown else [])
        assert scores[name].false_alarms == 0


@pytest.mark.slow
def test_the_report_is_a_table_and_three_sentences():
    *rows, share, drifts, bound = report(_replay(0.005), trials=12, histories=1)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert "of the 12 nights" in share[0]
    assert "3 of 3" in drifts[0]
    assert "48 cell-nights" in bound[0]


@pytest.mark.parametrize(
    ("world", "least", "most"),
    list(
        zip(
            scoring.WORLDS,
            [0.0, 0.01, 0.1, 0.1, 0.02, 0.005, 0.02],
            [0.01, 0.02, 0.3, 0.3, 0.1, 0.015, 0.05],
            strict=True,
        )
    ),
)
def test_each_synthetic_world_varies_as_its_name_says(world, least, most):
    made = replace(scoring.WORLDS[world], before=400 - AFTER)
    values, processors = scoring.history(made, np.random.default_rng(0))
    assert values.shape == (400, scoring.CELLS)
    assert len(processors) == (400 if "different" in world or "quicker" in world else 0)
    assert least < np.median(np.log(values), axis=1).std() < most


@pytest.mark.parametrize(("processes", "expected"), [(2, 6 + 96), (4, 12 + 96), (8, 8 + 4 + 4 + 192)])
def test_nights_that_are_too_short_for_all_rounds_are_left_out(processes, expected):
    short, long = _nights(0.01, 1, expected - 1), _nights(0.01, 1, expected)
    long[0]["measured_with"] = {"cpu": "another CPU"}
    assert long_enough([*short, *long], processes) == long
    assert long_enough(short, processes) == short


def test_recordings_that_continue_each_other_are_one_night():
    first, second, third = (_recorded({"cell": [float(number)] * 5}, 10 * number) for number in range(3))
    assert [length(night) for night in joined([third, first, second], 8)] == [10, 5]
    assert joined([third, first, second], 8)[0]["minima"] == {"cell": [0.0] * 5 + [1.0] * 5}
    assert joined([first, second], 5) == [first, second], "each is long enough"


@pytest.mark.parametrize("other", [{"minute": 12}, {"minute": 10, "cpu": "another CPU"}])
def test_recordings_of_another_hour_or_machine_are_nights_of_their_own(other):
    first, second = _recorded({"cell": [1.0] * 5}), _recorded({"cell": [2.0] * 5}, **other)
    assert joined([first, second], 8) == [first, second]


def test_the_processes_of_recordings_that_ran_at_once_take_turns():
    (night,) = joined([_recorded({"cell": [1.0, 2.0]}), _recorded({"cell": [3.0, 4.0]})], 4)
    assert night["minima"] == {"cell": [1.0, 3.0, 2.0, 4.0]}


def test_noise_floors_come_from_other_nights_of_the_same_machine():
    quiet, noisy, elsewhere = _nights(0.001, 3), _nights(0.1, 3), _nights(0.1, 3)
    for night in elsewhere:
        night["measured_with"] = {"cpu": "another CPU"}
    key = (replay.ENVIRONMENT, "cell 0")
    of_quiet = Replay(quiet[:1], [*quiet, *elsewhere], 0).thresholds[0]
    assert of_quiet.of(key, 1.0) < 0.03 < Replay(quiet[:1], [*quiet[:1], *noisy], 0).thresholds[0].of(key, 1.0)


def test_all_nights_of_a_history_are_of_one_machine():
    slow = [{**night, "measured_with": {"cpu": "a slow CPU"}} for night in _nights(0.001, 2)]
    for night in slow:
        night["minima"] = {cell: [2 * value for value in minima] for cell, minima in night["minima"].items()}
    replayed = Replay([*_nights(0.001, 2), *slow], [], 0)
    assert {round(float(np.ptp(np.log(replayed.history(5))))) for _ in range(20)} == {0}


def test_a_value_that_is_only_compared_has_fewer_processes_at_the_same_time():
    (night,) = _nights(0.01, 1)
    replayed = Replay([night], [night], 0, 8)
    assert {name: len(places) for name, places in replayed.places.items()} == {OLD: 4, NEW: 8, REFERENCE: 4}
    places = [place for own in replayed.places.values() for place in own]
    assert sorted(places) == list(range(16))
    for other in (OLD, REFERENCE):
        near = [min(abs(place - own) for own in replayed.places[NEW]) for place in replayed.places[other]]
        assert near == [1] * 4
