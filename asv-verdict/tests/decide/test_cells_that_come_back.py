"""A cell that previous cannot run: the reference stands in for it only if it is no newer than the cell's last night."""

import pytest

from asv_verdict.model import Verdict

SLOW = "kernels.Slow.time_call(20)"


@pytest.mark.parametrize("state", ["failing", "not_applicable"])
@pytest.mark.parametrize(
    ("is_judged", "verdict"), [(False, Verdict.INCONCLUSIVE), (True, Verdict.PASS)], ids=["no night", "a night"]
)
def test_a_change_that_the_reference_shows_already_is_no_pass_unless_a_night_judged_it(
    suite, state, is_judged, verdict
):
    suite.commit()
    suite.night()
    reference = suite.commit("Slow", {"Slow.*20": 1.5})
    if is_judged:
        suite.night()
    suite.commit("Break", **{state: {SLOW}})
    suite.night()
    suite.git("tag", "v1", reference)
    suite.commit("Mend")
    report = suite.night()
    assert report.outcome.verdict is verdict
    assert any(SLOW in sentence for sentence in report.outcome.undecided) is not is_judged
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "it is said once"


def test_a_number_that_a_later_night_adds_does_not_make_its_commit_judged(suite):
    suite.commit()
    suite.night()
    reference = suite.commit("Slow", {"Slow.*20": 1.5}, failing={SLOW})
    suite.night()
    suite.commits[reference].failing = frozenset()  # it failed by chance
    suite.commit("Break", failing={SLOW})
    suite.git("tag", "v1", reference)
    suite.night()
    suite.commit("Mend")
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(SLOW in sentence for sentence in report.outcome.undecided)
