"""The change that a report shows: its effect, and values that agree with its ratio."""

import pytest

from asv_verdict.decide.changes import judged
from asv_verdict.decide.measurement import Measurement
from asv_verdict.measure.session import Session
from asv_verdict.model import State
from asv_verdict.stats.ratio import Ratio
from candidates import KEY, candidate, thresholds


def _change(suite, decided, state, seen, rounds):
    measurement = Measurement("new", {}, {}, (), Session([]))
    (change,) = judged(decided, state, seen, rounds, measurement, suite.project.settings).changes
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
    found = _change(suite, candidate(screened), state, Ratio(seen, seen, seen), [(1.0, seen)] * 4)
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
    seen = thresholds(0.01).ratio(KEY, [one for one in rounds if min(one) > 0], 0.99)
    change = _change(suite, candidate(), State.INCONCLUSIVE, seen, rounds)
    assert change.after / change.before == pytest.approx(change.ratio)


def test_a_change_without_any_round_has_no_values(suite):
    change = _change(suite, candidate(), State.INCONCLUSIVE, Ratio(1.1, 1.0, 1.2), [])
    assert (change.before, change.after) == (None, None)
