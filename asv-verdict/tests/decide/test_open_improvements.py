"""An inconclusive improvement raises no alarm only if its interval excludes a regression beyond the threshold."""

import pytest

from asv_verdict.decide.changes import judged
from asv_verdict.decide.measurement import Measurement
from asv_verdict.decide.screening import Candidate
from asv_verdict.measure.session import Session
from asv_verdict.model import State
from asv_verdict.project import Settings
from asv_verdict.stats.ratio import Ratio


@pytest.mark.parametrize("unit", ["time", "rate"])
@pytest.mark.parametrize(
    ("ratio", "effect"),
    [
        (Ratio(0.885, 0.512, 1.529), "change"),
        (Ratio(0.885, 0.8, 1.1), "improvement"),
        (Ratio(1.1, 0.9, 1.5), "regression"),
    ],
    ids=["may be worse", "is not worse beyond the threshold", "a regression"],
)
def test_an_improvement_that_may_be_a_regression_raises_an_alarm(unit, ratio, effect):
    if unit == "rate":
        ratio = Ratio(1 / ratio.estimate, 1 / ratio.high, 1 / ratio.low)
    candidate = Candidate(("environment", f"x.track_{unit}"), "old", "new", 0.2, "previous", ratio)
    settings = Settings(lower_is_better="time", higher_is_better="rate")
    measurement = Measurement("new", {}, {}, (), Session([]))
    (change,) = judged(candidate, State.INCONCLUSIVE, ratio, [(1.0, 1.0)] * 4, measurement, settings).changes
    assert change.effect == effect
    assert change.alarms is (effect != "improvement")
