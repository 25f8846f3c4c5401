"""A whole run in a synthetic project: the history, its rounds, the summary, the dashboard and the programs."""

import json
import math
import re
import subprocess
import sys

import pytest

from asv_verdict.measure.commit_runner import AsvFailed
from asv_verdict.model import State
from releases.__main__ import _command, _parser
from releases.measure import NothingToMeasure
from releases.reproduction import reproduction
from tests.support.synthetic_releases import CONTROL, EFFECTS, EQUATIONS, GRADIENT, NUMPY, RELEASES, VERSIONS


def test_slow_windows_have_their_ratio_and_their_last_release(project):
    project.measure()
    summary = json.loads((project.folder / "summary.json").read_text())
    found = {(row["before"], row["after"]): row for row in summary["findings"] if row["state"] == "confirmed"}
    assert {row["cell"] for row in found.values()} == {GRADIENT}
    worse, better, again = (found[pair] for pair in (("0.4.38", "0.5.3"), ("0.6.2", "0.8.0"), ("0.4.38", "0.8.0")))
    assert worse["interval"][0] < 1.8 < worse["interval"][1]
    # The newest release is still 1.4 times as slow as the first.
    assert (worse["effect"], worse["step"], worse["last_slow"]) == ("regression", True, "")
    assert worse["packages"] == ["jax 0.4.38 → 0.5.3", "jaxlib 0.4.38 → 0.5.3"]
    assert [(one["before"], one["after"]) for one in worse["evidence"]] == [(40, 44)]
    assert (better["effect"], better["interval"][0] < 1.4 / 1.8 < better["interval"][1]) == ("improvement", True)
    assert (again["step"], again["interval"][0] < 1.4 < again["interval"][1]) == (False, True)


def test_a_backend_that_the_package_cannot_change_is_not_measured(project):
    project.measure()
    named = [json.loads(path.read_text())["results"] for path in project.folder.glob(".asv/results/desk/*-*.json")]
    rows = [results["gradients.RBFCovariance.time_gradient"][0] for results in named]
    assert [[math.isnan(value) for value in row] for row in rows] == 4 * [[False, True]]


def test_a_release_that_was_not_measured_has_a_row_with_the_reason(project):
    project.measure()
    summary = json.loads((project.folder / "summary.json").read_text())
    said = {row["version"]: row["unmeasured"] for row in summary["releases"]}
    assert list(said) == VERSIONS
    assert said["0.5.0"] == "jax 0.5.0 requires Python >=3.99; this is 3.12"
    assert "no matching distribution" in said["0.7.2"]
    assert [version for version, why in said.items() if not why] == ["0.4.38", "0.5.3", "0.6.2", "0.8.0"]


def test_the_summary_for_people(project):
    text = project.measure().as_markdown()
    assert text == (project.folder / "summary.md").read_text()
    lines = text.splitlines()
    assert lines[0] == "# jax 0.4.38 to 0.8.0: changes among 3 cells"
    assert "    the command" in lines
    (row,) = (line for line in lines if "0.4.38 → 0.5.3" in line)
    assert "0.4.38 → 0.5.3, still slower | 1.8" in row
    assert "equations 40 → 44" in row
    assert "## Faster than the release before: 1" in lines
    assert any(line.startswith("- 2025-02-01 jax 0.5.0: not measured: jax 0.5.0 requires") for line in lines)
    assert f"| `{EQUATIONS}` | 0.5.3: 40 → 44 equations; 0.8.0: 44 → 40 equations |" in lines
    assert "Controls" not in text


def test_other_packages_that_changed_are_named(project, monkeypatch):
    monkeypatch.setitem(NUMPY, "0.4.38", "1.26.4")
    rows = [line for line in project.measure().as_markdown().splitlines() if line.startswith("| `gradients.")]
    assert {("0.4.38 →" in row, "| also changed: numpy 1.26.4 → 2.4.6; " in row) for row in rows} == {
        (True, True),
        (False, False),
    }


def test_results_reports_pictures_and_what_a_reproduction_needs_are_written(project):
    summary = project.measure().as_json()
    (published,) = project.published
    results = [json.loads(path.read_text()) for path in (published.results / "desk").glob("*-*.json")]
    assert len(results) == 4
    by_version = {
        subprocess.run(
            ["git", "-C", project.folder, "show", "--no-patch", "--format=%s", content["commit_hash"]],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[1]: content["results"]
        for content in results
    }
    values = {version: rows["gradients.RBFCovariance.time_gradient"][0][0] for version, rows in by_version.items()}
    assert values["0.5.3"] / values["0.4.38"] == pytest.approx(1.8, rel=0.03)
    assert (published.results / "benchmarks.json").exists()
    reports = [
        json.loads(path.read_text()) for path in sorted(project.folder.glob(".asv/verdict/reports/*/report.json"))
    ]
    assert [(one["kind"], one["title"], one["verdict"]) for one in reports] == [
        ("release", "jax 0.4.38", "pass"),
        ("release", "jax 0.5.3", "regression"),
        ("release", "jax 0.6.2", "pass"),
        ("release", "jax 0.8.0", "regression"),
    ]
    assert "0.5.3" in (project.folder / "overview.svg").read_text()
    confirmed = [one for one in project.measure().findings if one.change.state is State.CONFIRMED]
    assert sum(one.after.version == "0.8.0" for one in confirmed) > 1, "one release is compared with several"
    for row in summary["findings"][: len(confirmed)]:
        text = reproduction(row, summary)
        assert text.startswith(f'"""jax {row["before"]} → {row["after"]}: ')
        compile(text, "program", "exec")
    (row,) = (row for row in summary["findings"] if (row["after"], row["state"]) == ("0.5.3", "confirmed"))
    assert re.search(r"old/bin/pip install jax==0\.4\.38 jaxlib==0\.4\.38 ", reproduction(row, summary))


def test_a_second_run_measures_nothing_and_has_the_same_summary(project):
    first = project.measure()
    taken = project.taken
    second = project.measure()
    assert project.taken == taken
    assert second.as_json() == first.as_json()


def test_a_run_without_time_says_so_and_can_be_resumed(project):
    text = project.measure(hours=0).as_markdown()
    assert "the time ran out before every cell was measured; run the same command again to resume" in text
    assert project.taken == 0
    assert "jax 0.6.2: 3 cells not measured yet: " in text
    reports = [json.loads(path.read_text()) for path in project.folder.glob(".asv/verdict/reports/*/report.json")]
    assert {(report["verdict"], report["measured"]) for report in reports} == {("broken", 0)}
    assert "the time ran out before every" not in project.measure().as_markdown()


def test_a_release_that_cannot_be_imported_has_a_row_with_the_reason(project):
    project.unimportable = {"jax 0.5.3": "ImportError: cannot import name 'getargspec' from 'inspect'"}
    summary = project.measure()
    said = {release.version: why for release, why in summary.unmeasured.items()}
    assert re.fullmatch(
        r"it installs, but it does not run on Python 3\.\d+\.\d+: ImportError: cannot import name 'getargspec' .*",
        said["0.5.3"],
    )
    assert [release.version for release in summary.measured] == ["0.4.38", "0.6.2", "0.8.0"]


def test_a_change_within_the_difference_of_a_control_is_not_confirmed(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.6.2", {GRADIENT: 1.8, CONTROL: 0.93})
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.75, CONTROL: 0.93})
    summary = project.measure()
    assert summary.controls_moved_by == pytest.approx(1 / 0.93, rel=0.03)
    confirmed = summary.of(State.CONFIRMED)
    assert {(one.before.version, one.after.version) for one in confirmed} == {("0.4.38", "0.5.3"), ("0.4.38", "0.8.0")}
    assert {one.change.cell for one in confirmed} == {GRADIENT}
    assert CONTROL in {one.change.cell for one in summary.of(State.INCONCLUSIVE)}
    percent = f"{100 * (summary.controls_moved_by - 1):.1f} %"
    text = " ".join(summary.as_markdown().split())
    assert f"The largest difference of a control that was not dismissed is {percent}." in text


def test_a_slow_window_ends_when_the_cell_is_as_fast_as_before(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.6.2", {GRADIENT: 1.6})  # faster, but still slower than the first release
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.0})
    summary = project.measure()
    last = {(one.before.version, one.after.version): summary.last_slow(one) for one in summary.of(State.CONFIRMED)}
    assert last["0.4.38", "0.5.3"] is not None
    assert last["0.4.38", "0.5.3"].version == "0.6.2"
    assert "0.4.38 → 0.5.3, slower up to 0.6.2 | 1.8" in summary.as_markdown()


def test_a_slow_window_that_is_partly_fixed_has_no_end(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.2})
    summary = project.measure()
    (worse,) = (one for one in summary.of(State.CONFIRMED) if one.after.version == "0.5.3")
    assert summary.last_slow(worse) is None
    (row,) = (line for line in summary.as_markdown().splitlines() if "0.4.38 → 0.5.3" in line)
    assert "0.4.38 → 0.5.3, still slower" in row


def test_a_cell_that_fails_in_every_round_has_failed(project):
    whole = project.runner

    def runner(made, machine, commit):
        one = whole(made, machine, commit)
        run = one.run

        def failing(results, pattern, seconds, *options):
            if "time_gradient" in pattern and one.state.packages["jax"] == "0.6.2":
                raise AsvFailed("asv was killed")
            run(results, pattern, seconds, *options)

        one.run = failing
        return one

    project.runner = runner
    summary = project.measure()
    assert summary.waiting == {}
    assert {release.version: cells for release, cells in summary.failed.items()} == {"0.6.2": [GRADIENT]}
    assert f"jax 0.6.2: 1 cell failed: {GRADIENT}" in summary.as_markdown()
    assert "asv was killed" in summary.as_markdown()


def test_one_release_cannot_be_compared(project):
    project.unbuildable = ("jax 0.7.2", "jax 0.8.0")
    with pytest.raises(NothingToMeasure, match=r"fewer than two releases of jax can be measured: .*no matching"):
        project.measure(RELEASES[-2:])


def test_an_unknown_package_is_an_error(tmp_path):
    command = [sys.executable, "-m", "releases", "measure", "torch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("unknown package 'torch'; releases.json has: jax, autograd, numpy")


def test_the_command_in_a_summary_resumes_the_run():
    arguments = ["measure", "jax", "--since", "0.5.0", "--each", "series", "--rounds", "1", "--hours", "1.5"]
    assert _command(_parser().parse_args(arguments)) == " ".join(["python -m releases", *arguments])
