"""Changes that began with the first commit of a history."""

from dataclasses import replace

from branches import git
from reading_reports import confirmed


def test_a_change_that_began_with_a_first_commit_is_attributed_to_it(suite):
    """The reference came in by a merge of an unrelated history, as when two repositories become one."""
    reference = suite.commit()
    git(suite.root, "branch", "other")
    git(suite.root, "checkout", "--quiet", "--orphan", "new")
    first = suite.commit("Begin again", {"Slow": 1.5})
    suite.commit()
    git(suite.root, "merge", "--quiet", "--allow-unrelated-histories", "-s", "ours", "-m", "Join", "other")
    git(suite.root, "branch", "--force", "main")
    git(suite.root, "checkout", "--quiet", "main")
    head = git(suite.root, "rev-parse", "HEAD")
    suite.commits[head] = replace(suite.commits[first], hash=head)
    with (suite.root / "asv_verdict.toml").open("a") as settings:
        settings.write(f"reference = '{reference}'\n")
    report = suite.night()
    assert {change.commits for change in confirmed(report).values()} == {(first,)}
