"""A candidate is given up if no number of rounds would confirm it, unless a large change is possible."""

import pytest

from asv_verdict.decide.judging import INTERIM_ANALYSES, judge
from asv_verdict.model import State
from candidates import candidate, thresholds


def _near_the_threshold(change, noise, count=8):
    return judge(candidate(1.06), [(1.0, change)] * count, thresholds(noise))


@pytest.mark.parametrize(
    ("change", "noise", "state", "is_futile"),
    [
        (1.01, 0.055, State.DISMISSED, True),  # within the threshold, with an interval wider than 5 %
        (1.022, 0.01, State.INCONCLUSIVE, False),  # later rounds may confirm it
        (1.022, 0.1, State.INCONCLUSIVE, False),  # the interval contains large changes
        (1.1, 0.004, State.CONFIRMED, False),
        (1.0, 0.004, State.DISMISSED, False),
    ],
)
def test_a_change_that_no_number_of_rounds_would_confirm_is_given_up(change, noise, state, is_futile):
    found = _near_the_threshold(change, noise)
    assert (found.state, found.is_futile) == (state, is_futile)


def test_four_rounds_give_up_nothing():
    assert not _near_the_threshold(1.01, 0.055, count=4).is_futile


def test_after_the_last_analysis_a_change_that_may_be_large_stays_inconclusive():
    found = _near_the_threshold(1.022, 0.5, count=INTERIM_ANALYSES[-1])
    assert (found.state, found.is_futile) == (State.INCONCLUSIVE, False)
