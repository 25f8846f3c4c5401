"""Nights on a made repository: what is found, whom it is blamed on, and what an unlucky night leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from asv_verdict.lock import Busy
from asv_verdict.outcome import State, Verdict


def _confirmed(report):
    return {change.cell: change for change in report.outcome.changes if change.state is State.CONFIRMED}


def _first_line(report):
    return report.as_markdown().splitlines()[0]


def test_a_first_night_has_nothing_to_compare_with_and_passes(suite):
    suite.commit()
    report = suite.night()
    assert _first_line(report) == "pass: 16 of 16 expected cells measured"
    assert len(list((suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json"))) == 1


def test_a_night_with_nothing_new_measures_nothing(suite):
    suite.commit()
    suite.night()
    suite.runs.clear()
    report = suite.night()
    assert _first_line(report) == "pass: 0 of 0 expected cells measured"
    assert report.notes == ["nothing is new"]
    assert suite.runs == []


def test_a_neutral_commit_passes(suite):
    suite.commit()
    suite.night()
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert not _confirmed(report)


def test_a_slower_kernel_is_a_regression_of_its_commit(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Make the slow kernel slower", {"Slow.*20": 1.10})
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    ((cell, change),) = _confirmed(report).items()
    assert cell == "kernels.Slow.time_call(20)"
    assert change.commits == (culprit,)
    assert change.effect == "regression"
    assert change.interval[0] < 1.10 < change.interval[1]
    assert "Make the slow kernel slower" in report.as_markdown()


def test_a_faster_kernel_is_reported_and_is_no_alarm(suite):
    suite.commit()
    suite.night()
    suite.commit("Make it faster", {"Slow.*20": 0.8})
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert _confirmed(report)["kernels.Slow.time_call(20)"].effect == "improvement"


def test_the_culprit_of_several_new_commits_is_found_by_bisection(suite):
    suite.commit()
    suite.night()
    for _ in range(5):
        suite.commit()
    culprit = suite.commit("Slow", {"Slow.*20": 1.15})
    other = suite.commit("Other", {"Fast.*1, 'a'": 0.7})
    for _ in range(4):
        suite.commit()
    found = _confirmed(suite.night())
    assert found["kernels.Slow.time_call(20)"].commits == (culprit,)
    assert found["kernels.Fast.time_call(1, 'a')"].commits == (other,)


def test_a_commit_that_does_not_build_widens_the_range_and_no_more(suite):
    suite.commit()
    suite.night()
    suite.commit()
    suite.commit(builds=False)
    culprit = suite.commit("Slow", {"Slow.*20": 1.3})
    suite.commit()
    found = _confirmed(suite.night())
    assert culprit in found["kernels.Slow.time_call(20)"].commits
    assert len(found["kernels.Slow.time_call(20)"].commits) <= 2


def test_a_slower_dependency_is_named_with_both_versions(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Bump NumPy", {"Slow": 1.2}, {"numpy": "2.1"})
    found = _confirmed(suite.night())
    assert {change.packages for change in found.values()} == {("numpy 2.0 → 2.1",)}
    assert {change.commits for change in found.values()} == {(culprit,)}


def test_drift_is_found_against_the_reference_before_it_adds_up(suite):
    suite.commit()
    suite.night()
    for night in range(9):
        suite.commit(f"Drift {night}", {"Slow.*20": 1.01})
        report = suite.night()
        if report.outcome.verdict is Verdict.REGRESSION:
            break
    assert night < 8
    change = _confirmed(report)["kernels.Slow.time_call(20)"]
    assert change.look == "the reference"
    assert change.ratio < 1.1
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS, "what was reported is not reported every night"


def test_a_changed_count_is_a_finding_under_equal_packages_and_a_note_across_a_bump(suite):
    suite.commit()
    suite.night()
    culprit = suite.commit("Trace more", {"track_equations.*2": 1.05})
    report = suite.night()
    assert report.outcome.verdict is Verdict.REGRESSION
    assert _confirmed(report)["counts.Work.track_equations(2)"].commits == (culprit,)
    suite.commit("Bump", {"track_equations.*1": 1.05}, {"numpy": "2.1"})
    report = suite.night()
    assert "counts.Work.track_equations(1)" not in _confirmed(report)
    assert any("track_equations(1)" in note and "numpy 2.0 → 2.1" in note for note in report.notes)


def test_an_accepted_regression_is_visible_and_no_alarm(suite):
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


def test_a_busy_machine_is_inconclusive_and_not_silent(suite):
    suite.commit()
    suite.night()
    suite.noise = 0.2
    suite.commit("Slow", {"Slow.*20": 1.10})
    report = suite.night()
    assert report.outcome.verdict in (Verdict.INCONCLUSIVE, Verdict.REGRESSION)
    assert report.outcome.changes


def test_what_fails_tonight_and_not_last_night_is_broken_and_named(suite):
    suite.commit()
    suite.night()
    suite.commit(failing={"kernels.Slow.time_call(20)"})
    report = suite.night()
    assert report.outcome.verdict is Verdict.BROKEN
    assert _first_line(report) == "broken: 15 of 16 expected cells measured"
    assert "kernels.Slow.time_call(20)" in report.as_markdown()


def test_a_cell_that_does_not_apply_any_more_is_missed(suite):
    suite.commit(not_applicable={"kernels.Slow.time_call(10)"})
    assert _first_line(suite.night()) == "pass: 15 of 15 expected cells measured", "it never applied"
    suite.commit(not_applicable={"kernels.Slow.time_call(20)", "kernels.Slow.time_call(10)"})
    report = suite.night()
    assert _first_line(report) == "broken: 14 of 15 expected cells measured"
    assert "does not apply any more" in report.as_markdown()


def test_a_cell_that_leaves_the_suite_is_missed_until_that_is_accepted(suite):
    suite.commit()
    suite.night()
    del suite.benchmarks["kernels.Slow.time_call"]
    suite.commit()
    report = suite.night()
    assert _first_line(report) == "broken: 14 of 16 expected cells measured"
    assert "no longer in the suite" in report.as_markdown()
    (suite.root / "asv_verdict_accepted.toml").write_text(
        '[[accepted]]\ncell = "kernels.Slow.*"\ncommit = ""\nreason = "replaced"\n'
    )
    suite.commit()
    assert _first_line(suite.night()) == "pass: 14 of 14 expected cells measured"


def test_a_missing_python_is_broken(suite):
    suite.commit()
    configuration = json.loads((suite.root / "asv.conf.json").read_text())
    (suite.root / "asv.conf.json").write_text(json.dumps(configuration | {"pythons": ["3.11", "3.99"]}))
    report = suite.night()
    assert _first_line(report) == "broken: 16 of 32 expected cells measured"
    assert "virtualenv-py3.99" in report.as_markdown()


def test_tonights_commit_does_not_build(suite):
    suite.commit()
    suite.night()
    suite.commit(builds=False)
    report = suite.night()
    assert _first_line(report) == "broken: 0 of 16 expected cells measured"
    assert "no matching distribution" in report.as_markdown()
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_last_nights_commit_does_not_build_any_more(suite):
    first = suite.commit()
    suite.night()
    suite.commits[first].builds = False
    suite.commit("Slow", {"Slow": 1.5})
    report = suite.night()
    assert report.outcome.measured == 16
    assert any("does not build" in problem for problem in report.outcome.problems)


HOLD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from asv_verdict.lock import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_run(suite):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(suite.project.folder / "lock"), str(Path(__file__).parents[2])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_night_does_not_start_beside_the_first(suite, other_run):
    suite.commit()
    with pytest.raises(Busy, match="another run is under way"):
        suite.night()
    assert suite.runs == []


def test_a_killed_run_leaves_no_lock_and_the_next_night_is_normal(suite, other_run):
    head = suite.commit()
    other_run.kill()
    other_run.wait()
    (suite.root / "asv.conf.verdict-0123.json").write_text("{}")
    (suite.project.folder / "reports" / "000007-deadbeef").mkdir(parents=True)
    assert suite.night().outcome.verdict is Verdict.PASS
    assert not (suite.root / "asv.conf.verdict-0123.json").exists()
    assert (suite.project.folder / "reports" / f"000008-{head[:8]}" / "report.json").exists()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("0000aaaa-virtualenv-py3.11.json", '{"version": 2, "commit_ha', "cannot be read"),
        ("0000bbbb-virtualenv-py3.11.json", '{"some": "thing"}', "is no result of ASV"),
        (
            "0000cccc-virtualenv-py3.11.json",
            '{"version": 2, "commit_hash": "c", "results": [1]}',
            "not as ASV writes it",
        ),
    ],
    ids=["truncated", "foreign", "strange"],
)
def test_a_file_that_is_no_result_has_its_sentence_and_stays(suite, name, text, sentence):
    suite.commit()
    suite.night()
    path = suite.root / ".asv/results/desk" / name
    path.write_text(text)
    before = {found: found.read_bytes() for found in (suite.root / ".asv/results").rglob("*") if found.is_file()}
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any(name in problem and sentence in problem for problem in report.outcome.problems)
    after = {found: found.read_bytes() for found in before}
    assert {found for found in before if found.name != "benchmarks.json" and before[found] != after[found]} == set()


def test_a_full_disk_changes_no_earlier_result(suite, monkeypatch):
    suite.commit()
    suite.night()
    before = {found: found.read_bytes() for found in (suite.root / ".asv/results").rglob("*") if found.is_file()}
    suite.commit()
    replace = os.replace

    def full(source, target):
        if ".asv/results" in str(target):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("asv_verdict.files.os.replace", full)
    report = suite.night()
    assert any("No space left on device" in problem for problem in report.outcome.problems)
    assert {found: found.read_bytes() for found in before} == before
    assert not list((suite.root / ".asv/results").rglob(".*draft"))
    monkeypatch.undo()
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS
