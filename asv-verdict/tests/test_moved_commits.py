"""Commits and tags that move between nights, and branches that are not checked out."""

from asv_verdict.model import State
from branches import git


def _open(report):
    """The inconclusive candidates against the reference: cell and commit."""
    return {
        (one.cell, one.base)
        for one in report.outcome.changes
        if (one.state, one.baseline) == (State.INCONCLUSIVE, "reference")
    }


def test_what_stayed_inconclusive_is_decided_against_the_same_reference_if_its_tag_moves(suite):
    """Projects move a tag such as `nightly` to the newest commit each day."""
    first = suite.commit()
    git(suite.root, "tag", "nightly")
    second = suite.commit("Slower", {"Slow.*20": 1.5})
    suite.commit()
    suite.night()
    suite.commit()
    suite.noise = 0.3
    before = _open(suite.night())
    assert before
    git(suite.root, "tag", "--force", "nightly", second)
    suite.noise = 0.001
    report = suite.night()
    assert report.commits["reference"] == first
    judged = {(one.cell, one.base) for one in report.outcome.changes}
    assert before <= judged
