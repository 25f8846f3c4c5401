"""A confirmed change has the direction of the screening, and its rounds agree in sign."""

import pytest

from asv_verdict.decide.judging import INTERIM_ANALYSES, judge
from asv_verdict.decide.screening import Thresholds
from asv_verdict.model import State
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from candidates import KEY, candidate, thresholds


@pytest.mark.parametrize("screened", [2.3, 1.05])
@pytest.mark.parametrize("count", INTERIM_ANALYSES[1:])
def test_nothing_is_confirmed_against_the_direction_of_the_screening(screened, count):
    """The screening found a slowdown, but every round shows × 0.475: a cell with two speeds can do that."""
    judged = judge(candidate(screened), [(1.0, 0.475)] * count, thresholds(0.002))
    assert judged.state is State.INCONCLUSIVE
    assert judge(candidate(1 / screened), [(1.0, 0.475)] * count, thresholds(0.002)).state is State.CONFIRMED


@pytest.mark.parametrize("differences", [[], [0.001], [0.001, 0.002, 0.001]])
def test_fewer_than_eight_rounds_confirm_nothing_with_little_measured_noise(differences):
    limits = Thresholds(Settings(), {"env": Noise({KEY[1]: differences, "other": [0.001] * 10})})
    for count, expected in ((4, State.INCONCLUSIVE), (7, State.INCONCLUSIVE), (8, State.CONFIRMED)):
        assert judge(candidate(2.0), [(1.0, 2.0)] * count, limits).state is expected
    nowhere = Thresholds(Settings(), {})
    assert judge(candidate(0.5), [(1.0, 0.5)] * 4, nowhere).state is State.INCONCLUSIVE


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
    assert judge(candidate(change), rounds, thresholds(0.002)).state is expected


@pytest.mark.parametrize("screened", [1.5, 0.6])
@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (1, -1, 1, -1), (-1, -1, -1, -1)])
def test_an_interval_within_the_threshold_is_dismissed_whatever_the_signs(screened, signs):
    rounds = [(1.0, 1.0 + 0.001 * sign) for sign in signs]
    assert judge(candidate(screened), rounds, thresholds(0.002)).state is State.DISMISSED
