"""Published detectors are scored by the night on which a slowdown first appears."""

import numpy as np
import pytest

from studies.peer_detectors.__main__ import alarms


def _after_three_nights(series):
    """Finds a change of the level three nights after it happened, and moves it by a night later on."""
    jumps = np.flatnonzero(np.abs(np.diff(series)) > 0.01) + 1
    return [int(jump) + (len(series) > 30) for jump in jumps if jump + 3 <= len(series)]


@pytest.mark.parametrize(("factor", "expected"), [(1.1, [(22, 1)]), (1.02, []), (0.9, [])])
def test_a_slowdown_is_an_alarm_in_the_night_in_which_it_appears_and_only_once(factor, expected):
    values = np.ones((40, 3))
    values[20:, 1] *= factor
    assert alarms(_after_three_nights, values) == expected


def test_two_slowdowns_are_two_alarms():
    values = np.ones((40, 1))
    values[10:] *= 1.1
    values[20:] *= 1.1
    assert alarms(_after_three_nights, values) == [(12, 0), (22, 0)]
