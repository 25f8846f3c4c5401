"""The replay of nights: on made ones, of which it is known what can be found in them."""

import numpy as np
import pytest

from asv_verdict.outcome import State
from tools.detector_score import DETECTORS, report, score_drift, score_histories, score_silence, score_slowdown
from tools.replay import NEW, OLD, REFERENCE, Replay


def _nights(noise, count=4, processes=48):
    generator = np.random.default_rng(0)
    cells = [f"cell {number}" for number in range(12)]
    made = [{cell: np.exp(generator.normal(0, noise, processes)).tolist() for cell in cells} for _ in range(count)]
    return [{"busy_processes": 0, "minima": minima} for minima in made]


def _replay(noise, seed=0):
    return Replay(_nights(noise), _nights(noise), seed)


def test_on_quiet_nights_all_is_found_and_nothing_else():
    replay = _replay(0.002)
    silence, slow = score_silence(replay, 24), score_slowdown(replay, 0.05, 24)
    assert (silence.false_alarms, silence.inconclusive, silence.cell_nights) == (0, 0, 24 * 12)
    assert slow.found == [1] * 24
    assert slow.false_alarms == 0


def test_on_noisy_nights_what_cannot_be_told_is_left_open():
    states = [
        state
        for _ in range(40)
        for state in _replay(0.15).verdict("cell 0", {OLD: 1.0, NEW: 1.1, REFERENCE: 1.0}).values()
    ]
    assert State.INCONCLUSIVE in states


def test_a_drift_is_found_before_it_adds_up():
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


def test_the_report_is_a_table_and_two_sentences():
    lines = list(report(_replay(0.005), trials=12, histories=1))
    width = {line.count("|") for line in lines if line.startswith("|")}
    assert len(width) == 1
    assert "3 of 3" in lines[-2]
    assert "48 cell-nights" in lines[-1]
