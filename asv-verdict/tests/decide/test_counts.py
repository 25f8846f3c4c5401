"""Deterministic metrics that are not above zero, such as a logarithm or a score: only their values tell a direction."""

import pytest

from asv_verdict.model import Verdict
from asv_verdict.report.status import status
from reading_reports import confirmed

CELL = "counts.Work.track_equations(1)"


@pytest.mark.parametrize(
    ("before", "after"), [(-6.0, -5.0), (-5.0, 5.0), (0.0, 3.0), (-3.0, 0.0)], ids=lambda value: f"{value:g}"
)
@pytest.mark.parametrize("is_worse", [True, False])
def test_the_direction_of_a_count_follows_from_its_values(suite, before, after, is_worse):
    old, new = (before, after) if is_worse else (after, before)
    suite.commit(values={CELL: old})
    suite.night()
    suite.commit(values={CELL: old})
    culprit = suite.commit("Change", values={CELL: new})
    report = suite.night()
    change = confirmed(report)[CELL]
    assert change.effect == ("regression" if is_worse else "improvement")
    assert report.outcome.verdict is (Verdict.REGRESSION if is_worse else Verdict.PASS)
    assert (change.logarithm > 0) is is_worse
    assert change.commits == (culprit,)
    assert ("open regressions: 1" in "\n".join(status(suite.project, "desk"))) is is_worse
