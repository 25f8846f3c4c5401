"""Comparisons of two commits for a pull request: the selection, the findings, and the text of a comment."""

import json

import pytest

from asv_verdict.model import Verdict
from asv_verdict.vcs.git import GitFailed
from comparing import commit, compared


def test_a_slower_kernel_is_a_regression_with_its_interval(suite):
    commit(suite)
    commit(suite, "Slow", {"Slow.*20": 1.1})
    report, text = compared(suite)
    assert report.outcome.verdict is Verdict.REGRESSION
    assert text.startswith("regression: 16 of 16 expected cells measured")
    row = next(line for line in text.splitlines() if "Slow.time_call(20)" in line and "against base" in line)
    assert "1.0" in row or "1.1" in row
    assert sum("| `" in line and "against" not in line for line in text.splitlines()) == 16, "a row for every cell"


def test_a_comparison_of_the_same_code_passes_and_stores_no_results(suite):
    commit(suite)
    commit(suite)
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert not (suite.root / ".asv" / "results").exists()


def test_a_comparison_on_a_noisy_machine_is_never_a_pass(suite):
    suite.noise = 0.15
    commit(suite)
    commit(suite, "Slow", {"Slow": 1.15})
    report, _ = compared(suite)
    assert report.outcome.verdict is not Verdict.PASS


def test_a_benchmark_that_fails_on_the_head_alone_is_broken(suite):
    commit(suite)
    commit(suite, failing={"kernels.Slow.time_call(20)"})
    report, text = compared(suite)
    assert report.outcome.verdict is Verdict.BROKEN
    assert "it has a number on" in text


def test_a_commit_that_does_not_build_is_broken_and_an_unknown_one_an_error(suite):
    commit(suite)
    commit(suite, builds=False)
    report, text = compared(suite)
    assert report.outcome.verdict is Verdict.BROKEN
    assert "no matching distribution" in text
    with pytest.raises(GitFailed, match="unknown commit 'nowhere': expected a commit, branch or tag of "):
        compared(suite, base="nowhere")


def test_a_head_that_is_older_than_the_base_is_compared(suite):
    commit(suite, "Slow", {"Slow.*20": 1.3})
    commit(suite, "Fast", {"Slow.*20": 1 / 1.3})
    report, _ = compared(suite, base="HEAD", head="HEAD~1")
    assert report.outcome.verdict is Verdict.REGRESSION
    (change,) = report.outcome.changes
    assert change.commits == ()


def test_later_commits_on_the_base_are_not_attributed_to_the_head(suite):
    commit(suite)
    suite.git("checkout", "--quiet", "-b", "topic")
    head = commit(suite)
    suite.git("checkout", "--quiet", "main")
    commit(suite, "Make it faster", {"Slow": 0.8})
    report, _ = compared(suite, base="main", head=head)
    assert report.outcome.verdict is Verdict.PASS
    assert any("main has commits that" in note and "merge base" in note for note in report.notes)


@pytest.mark.parametrize("pairs", [None, 1, 3, 4])
def test_one_round_without_measured_noise_has_no_interval(suite, pairs):
    noise = suite.root / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    content = json.loads(noise.read_text())
    noise.write_text(json.dumps(content | {"pairs": content["pairs"][:pairs] if pairs else []}))
    commit(suite)
    commit(suite)
    _, text = compared(suite)
    row = next(line for line in text.splitlines() if line.startswith("| `kernels.Slow.time_call(20)` |"))
    assert (" to " in row) is (pairs == 4)
    assert ("| unknown after one round |" in row) is (pairs != 4)
