"""Commits and tags that move between nights, and branches that are not checked out."""

import pytest

from asv_verdict.model import State
from asv_verdict.project import BadSetting
from asv_verdict.report.status import status
from branches import git
from reading_reports import confirmed


def _open(report):
    """The inconclusive candidates against the reference: cell and commit."""
    return {
        (one.cell, one.base)
        for one in report.outcome.changes
        if (one.state, one.baseline) == (State.INCONCLUSIVE, "reference")
    }


@pytest.mark.slow
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


def test_a_regression_that_a_forced_push_removed_is_not_open(suite):
    first = suite.commit()
    suite.night()
    suite.commit("Slower", {"Slow": 1.5})
    assert confirmed(suite.night())
    assert "  open regressions: 2; accepted: 0" in status(suite.project)
    git(suite.root, "reset", "--quiet", "--hard", first)
    suite.commit("Something else")
    suite.night()
    assert "  open regressions: 0; accepted: 0" in status(suite.project)


def test_a_regression_in_a_shallow_clone_stays_open(suite, tmp_path):
    suite.commit()
    suite.night()
    suite.commit("Slower", {"Slow": 1.5})
    suite.night()
    suite.commit()
    clone = tmp_path / "clone"
    git(suite.root, "clone", "--quiet", "--depth", "1", suite.root.as_uri(), str(clone))
    for name in (".asv", "asv.conf.json", "asv_verdict.toml"):
        (clone / name).symlink_to(suite.root / name)
    suite.root = clone
    assert "  open regressions: 2; accepted: 0" in status(suite.project)


def test_status_counts_the_commits_of_the_measured_branch(suite):
    suite.commit()
    suite.night()
    suite.commit()
    git(suite.root, "checkout", "--quiet", "--detach", "HEAD^")
    assert any(line.endswith("after the last measured one: 1") for line in status(suite.project))


@pytest.mark.slow
def test_a_drift_is_found_although_a_tag_moves_to_each_judged_commit(suite):
    suite.commit()
    suite.night()
    found = {}
    for _ in range(8):
        git(suite.root, "tag", "--force", "nightly")
        suite.commit("A little slower", {"Slow.*20": 1.008})
        found |= confirmed(suite.night())
    assert found.keys() == {"kernels.Slow.time_call(20)"}


@pytest.mark.parametrize("reference", ["v9.9", "0" * 40])
def test_a_reference_that_no_commit_has_is_named_with_its_setting(suite, reference):
    (suite.root / "asv_verdict.toml").write_text(f'reference = "{reference}"\n')
    suite.commit()
    with pytest.raises(BadSetting, match=f"^reference = '{reference}': .*expected a commit, branch or tag"):
        suite.night()
