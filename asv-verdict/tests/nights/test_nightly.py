"""Nights on a synthetic repository: which changes are found, and to which commits they are attributed."""

import json

import pytest

from asv_verdict.model import Verdict
from asv_verdict.nightly import nightly
from asv_verdict.project import read_project
from reading_reports import confirmed, first_line


def test_a_first_night_has_no_baseline_and_passes(suite):
    suite.commit()
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert len(list((suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json"))) == 1


def test_a_night_without_a_new_commit_measures_nothing(suite):
    suite.commit()
    suite.night()
    suite.runs.clear()
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert report.notes == ["no new commit: this report repeats the last one"]
    assert suite.runs == []


def test_a_neutral_commit_passes(suite):
    suite.commit()
    suite.night()
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert not confirmed(report)


def test_a_slower_kernel_is_a_regression_attributed_to_its_commit(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Make the slow kernel slower", {"Slow.*20": 1.10})
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    ((cell, change),) = confirmed(report).items()
    assert cell == "kernels.Slow.time_call(20)"
    assert change.commits == (culprit,)
    assert change.effect == "regression"
    assert change.interval[0] < 1.10 < change.interval[1]
    assert "Make the slow kernel slower" in report.as_markdown()


def test_a_faster_kernel_is_reported_without_an_alarm(suite):
    suite.commit()
    suite.night()
    suite.commit("Make it faster", {"Slow.*20": 0.8})
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert confirmed(report)["kernels.Slow.time_call(20)"].effect == "improvement"


def test_bisection_finds_the_commit_among_several_new_ones(suite):
    suite.commit()
    suite.night()
    for _ in range(5):
        suite.commit()
    culprit = suite.commit("Slow", {"Slow.*20": 1.15})
    other = suite.commit("Other", {"Fast.*1, 'a'": 0.7})
    for _ in range(4):
        suite.commit()
    found = confirmed(suite.night())
    assert found["kernels.Slow.time_call(20)"].commits == (culprit,)
    assert found["kernels.Fast.time_call(1, 'a')"].commits == (other,)


def test_a_commit_that_does_not_build_only_widens_the_range(suite):
    suite.commit()
    suite.night()
    suite.commit()
    suite.commit(builds=False)
    culprit = suite.commit("Slow", {"Slow.*20": 1.3})
    suite.commit()
    found = confirmed(suite.night())
    assert culprit in found["kernels.Slow.time_call(20)"].commits
    assert len(found["kernels.Slow.time_call(20)"].commits) <= 2


def test_a_slower_dependency_is_named_with_both_versions(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Bump NumPy", {"Slow": 1.2}, {"numpy": "2.1"})
    found = confirmed(suite.night())
    assert {change.packages for change in found.values()} == {("numpy 2.0 → 2.1",)}
    assert {change.commits for change in found.values()} == {(culprit,)}


def test_drift_is_found_against_the_reference_before_it_is_large(suite):
    suite.commit()
    suite.night()
    for night in range(9):
        suite.commit(f"Drift {night}", {"Slow.*20": 1.01})
        report = suite.night()
        if report.outcome.verdict is Verdict.REGRESSION:
            break
    assert night < 8
    change = confirmed(report)["kernels.Slow.time_call(20)"]
    assert change.baseline == "reference"
    assert change.ratio < 1.1
    assert len(change.commits) > 1, "every commit of the drift contributed the same"
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "a reported drift is not reported again"


def test_a_changed_count_is_a_finding_under_equal_packages_and_a_note_across_a_bump(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Trace more", {"track_equations.*2": 1.05})
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert confirmed(report)["counts.Work.track_equations(2)"].commits == (culprit,)
    suite.commit("Bump", {"track_equations.*1": 1.05}, {"numpy": "2.1"})
    report = suite.night()
    assert "counts.Work.track_equations(1)" not in confirmed(report)
    assert any("track_equations(1)" in note and "numpy 2.0 → 2.1" in note for note in report.notes)


def test_an_accepted_regression_is_reported_without_an_alarm(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Check the input", {"Slow.*20": 1.10})
    (suite.root / "asv_verdict_accepted.toml").write_text(
        f'[[accepted]]\ncell = "kernels.Slow.*"\ncommit = "{culprit[:10]}"\nreason = "safety"\n'
    )
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert "## Accepted" in report.as_markdown()
    assert "safety" in report.as_markdown()


@pytest.mark.slow
def test_a_noisy_machine_is_never_a_silent_pass(suite):
    suite.commit()
    suite.night()
    suite.noise = 0.2
    suite.commit("Slow", {"Slow.*20": 1.10})
    report = suite.night()
    assert report.outcome.verdict in (Verdict.INCONCLUSIVE, Verdict.REGRESSION)
    assert report.outcome.changes


@pytest.mark.parametrize(("value", "sizes", "is_noted"), [(3e-9, 1000, True), (3e-9, 2, False), (3e-6, 1000, False)])
def test_a_benchmark_that_may_measure_nothing_is_a_note(suite, value, sizes, is_noted):
    suite.benchmarks["kernels.Cached.time_read"] = ("time", "seconds", [["1", str(sizes)]], value)
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    note = "kernels.Cached.time_read does not react to its parameter p0"
    assert any(note in one for one in report.notes) is is_noted


# --- What the clone and the configuration look like ---


def test_a_tag_with_the_name_of_the_branch_is_not_measured(suite):
    suite.commit()
    suite.git("tag", "main")
    suite.night()
    suite.commit("Slow", {"Slow.*20": 2.0})
    assert suite.night().outcome.verdict is Verdict.REGRESSION


def test_a_shallow_clone_is_no_first_night(suite):
    suite.commit()
    suite.night()
    suite.commit()
    head = suite.commit("Slow", {"Slow.*20": 2.0})
    (suite.root / ".git" / "shallow").write_text(f"{head}\n")
    report = suite.night()
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any("a shallow clone needs its history" in sentence for sentence in report.outcome.undecided)


@pytest.mark.parametrize("days", [30, 19_000, 30_000, 1e12])
def test_the_reference_is_the_first_commit_if_none_is_old_enough(suite, days):
    (suite.root / "asv_verdict.toml").write_text(f"reference_days = {days:.0f}\n")
    first = suite.commit()
    suite.commit()
    suite.commit()
    assert suite.night().commits["reference"] == first


@pytest.mark.parametrize("change", ["pythons", "benchmark_dir"])
def test_another_configuration_is_measured_without_a_new_commit(suite, change):
    suite.commit()
    suite.night()
    suite.runs.clear()
    assert suite.night().outcome.verdict is Verdict.PASS
    assert suite.runs == []
    path = suite.root / "asv.conf.json"
    content = json.loads(path.read_text())
    if change == "pythons":
        path.write_text(json.dumps({**content, "pythons": ["3.11", "3.12"]}))
    else:
        path = path.with_name("asv.conf.other.json")
        path.write_text(json.dumps({**content, "benchmark_dir": "others"}))
    nightly(
        read_project(path),
        "desk",
        say=lambda sentence: None,
        make_runner=suite.runner,
        make_dashboard=suite.dashboard,
    )
    assert suite.runs


def test_a_reference_on_another_line_blames_head_for_nothing(suite):
    suite.commit()
    suite.git("checkout", "--quiet", "-b", "release")
    suite.commit("Faster", {"Slow.*20": 0.5})
    suite.git("tag", "v1")
    suite.git("checkout", "--quiet", "main")
    (suite.root / "asv_verdict.toml").write_text("reference = 'v1'\n")
    suite.commit()
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_a_reference_that_is_newer_than_head_is_none(suite):
    suite.commit()
    suite.git("checkout", "--quiet", "-b", "next")
    suite.commit("Slower", {"Slow.*20": 2.0})
    suite.git("checkout", "--quiet", "main")
    (suite.root / "asv_verdict.toml").write_text("reference = 'next'\n")
    report = suite.night()
    assert (report.outcome.changes, report.commits.keys()) == ([], {"head"})


@pytest.mark.parametrize("huge", [10**400, -(10**400)])
def test_a_number_that_is_too_large_counts_as_failed(suite, huge):
    cell = "counts.Work.track_equations(1)"
    suite.commit()
    suite.night()
    suite.commit(values={cell: huge})
    report = suite.night()
    assert report.outcome.verdict is Verdict.BROKEN
    assert any(cell in sentence for sentence in report.outcome.missing)
