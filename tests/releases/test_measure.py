"""The whole of it in a made project: a history, its rounds, and what is said, published and written for others."""

import json
import math
import re
import subprocess
import sys

import pytest
from synthetic_releases import CONTROL, EFFECTS, EQUATIONS, GRADIENT, NUMPY, RELEASES, VERSIONS

from asv_verdict.commits import AsvFailed
from asv_verdict.outcome import State
from tools.releases.__main__ import _command, _parser
from tools.releases.measure import NothingToMeasure


def test_slow_windows_are_named_with_their_ratio_and_their_end(project):
    project.measure()
    summary = json.loads((project.folder / "summary.json").read_text())
    found = {(row["before"], row["after"]): row for row in summary["findings"] if row["state"] == "confirmed"}
    assert {row["cell"] for row in found.values()} == {GRADIENT}
    worse, better, again = (found[pair] for pair in (("0.4.38", "0.5.3"), ("0.6.2", "0.8.0"), ("0.4.38", "0.8.0")))
    assert worse["interval"][0] < 1.8 < worse["interval"][1]
    # It is 1.4 times as slow as at first to the end.
    assert (worse["effect"], worse["step"], worse["last_slow"]) == ("regression", True, "")
    assert worse["packages"] == ["jax 0.4.38 → 0.5.3", "jaxlib 0.4.38 → 0.5.3"]
    assert [(one["before"], one["after"]) for one in worse["evidence"]] == [(40, 44)]
    assert (better["effect"], better["interval"][0] < 1.4 / 1.8 < better["interval"][1]) == ("improvement", True)
    assert (again["step"], again["interval"][0] < 1.4 < again["interval"][1]) == (False, True)


def test_a_backend_that_the_package_cannot_move_is_not_measured(project):
    project.measure()
    named = [json.loads(path.read_text())["results"] for path in project.folder.glob(".asv/results/desk/*-*.json")]
    rows = [results["gradients.RBFCovariance.time_gradient"][0] for results in named]
    assert [[math.isnan(value) for value in row] for row in rows] == 4 * [[False, True]]


def test_what_was_not_measured_is_a_row_that_says_so(project):
    project.measure()
    summary = json.loads((project.folder / "summary.json").read_text())
    said = {row["version"]: row["unmeasured"] for row in summary["releases"]}
    assert list(said) == VERSIONS
    assert said["0.5.0"] == "jax 0.5.0 is for Python >=3.99, and this is 3.12"
    assert "no matching distribution" in said["0.7.2"]
    assert [version for version, why in said.items() if not why] == ["0.4.38", "0.5.3", "0.6.2", "0.8.0"]


def test_the_summary_for_people(project):
    text = project.measure().as_markdown()
    assert text == (project.folder / "summary.md").read_text()
    lines = text.splitlines()
    assert lines[0] == "# jax from 0.4.38 to 0.8.0: what each release did to 3 cells"
    assert "    the command" in lines
    (row,) = (line for line in lines if "0.4.38 → 0.5.3" in line)
    assert "0.4.38 → 0.5.3, since then | 1.8" in row
    assert "equations 40 → 44" in row
    assert "## Faster than one release before: 1" in lines
    assert any(line.startswith("- 2025-02-01 jax 0.5.0: not measured: jax 0.5.0 is for") for line in lines)
    assert f"| `{EQUATIONS}` | 0.5.3: 40 → 44 equations; 0.8.0: 44 → 40 equations |" in lines
    assert "control" not in text


def test_a_release_that_did_not_change_alone_is_said_to_have_not(project, monkeypatch):
    monkeypatch.setitem(NUMPY, "0.4.38", "1.26.4")
    rows = [line for line in project.measure().as_markdown().splitlines() if line.startswith("| `gradients.")]
    assert {("0.4.38 →" in row, "| not alone: numpy 1.26.4 → 2.4.6; " in row) for row in rows} == {
        (True, True),
        (False, False),
    }


def test_results_reports_pictures_and_a_reproduction_are_written(project):
    project.measure()
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
    assert sum(one.after.version == "0.8.0" for one in confirmed) > 1, "several releases are before one"
    for one in confirmed:
        text = (project.folder / one.reproduction).read_text()
        assert text.startswith(f'"""jax {one.before.version} → {one.after.version}: ')
    (file,) = project.folder.glob("reproductions/jax-0.5.3-*.py")
    compile(file.read_text(), file, "exec")
    assert re.search(r"old/bin/pip install jax==0\.4\.38 jaxlib==0\.4\.38 ", file.read_text())


def test_run_again_it_measures_nothing_and_says_the_same(project):
    first = project.measure()
    taken = project.taken
    second = project.measure()
    assert project.taken == taken
    assert second.as_json() == first.as_json()


def test_out_of_time_it_says_so_and_goes_on(project):
    text = project.measure(hours=0).as_markdown()
    assert "the time was over before everything was measured; the same command goes on where it stopped" in text
    assert project.taken == 0
    assert "jax 0.6.2: 3 cells not measured yet: " in text
    reports = [json.loads(path.read_text()) for path in project.folder.glob(".asv/verdict/reports/*/report.json")]
    assert {(report["verdict"], report["measured"]) for report in reports} == {("broken", 0)}
    assert "the time was over before" not in project.measure().as_markdown()


def test_a_release_that_is_not_imported_is_a_row_that_says_why(project):
    project.unimportable = {"jax 0.5.3": "ImportError: cannot import name 'getargspec' from 'inspect'"}
    summary = project.measure()
    said = {release.version: why for release, why in summary.unmeasured.items()}
    assert re.fullmatch(
        r"it is installed and does not run on Python 3\.\d+\.\d+: ImportError: cannot import name 'getargspec' .*",
        said["0.5.3"],
    )
    assert [release.version for release in summary.measured] == ["0.4.38", "0.6.2", "0.8.0"]


def test_nothing_is_claimed_that_a_control_does_as_well(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.6.2", {GRADIENT: 1.8, CONTROL: 0.93})
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.75, CONTROL: 0.93})
    summary = project.measure()
    assert summary.controls_moved_by == pytest.approx(1 / 0.93, rel=0.03)
    confirmed = summary.of(State.CONFIRMED)
    assert {(one.before.version, one.after.version) for one in confirmed} == {("0.4.38", "0.5.3"), ("0.4.38", "0.8.0")}
    assert {one.change.cell for one in confirmed} == {GRADIENT}
    assert CONTROL in {one.change.cell for one in summary.of(State.INCONCLUSIVE)}
    percent = f"{summary.controls_moved_by - 1:.1%}"
    assert f"A control, which no release of jax moves, differed by {percent}\nbetween" in summary.as_markdown()


def test_a_slow_window_ends_where_the_cell_is_as_fast_as_before(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.6.2", {GRADIENT: 1.6})  # faster, and not yet as fast as before
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.0})
    summary = project.measure()
    last = {(one.before.version, one.after.version): summary.last_slow(one) for one in summary.of(State.CONFIRMED)}
    assert last["0.4.38", "0.5.3"] is not None
    assert last["0.4.38", "0.5.3"].version == "0.6.2"


def test_a_slow_window_that_is_only_in_part_mended_goes_on(project, monkeypatch):
    monkeypatch.setitem(EFFECTS, "jax 0.8.0", {GRADIENT: 1.2})
    summary = project.measure()
    (worse,) = (one for one in summary.of(State.CONFIRMED) if one.after.version == "0.5.3")
    assert summary.last_slow(worse) is None
    (row,) = (line for line in summary.as_markdown().splitlines() if "0.4.38 → 0.5.3" in line)
    assert "0.4.38 → 0.5.3, since then" in row


def test_what_fails_whenever_it_is_tried_is_a_failure(project):
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
    assert f"jax 0.6.2: 1 cell gave no number: {GRADIENT}" in summary.as_markdown()
    assert "asv was killed" in summary.as_markdown()


def test_one_release_is_nothing_to_compare(project):
    project.unbuildable = ("jax 0.7.2", "jax 0.8.0")
    with pytest.raises(NothingToMeasure, match=r"fewer than two releases of jax can be measured: .*no matching"):
        project.measure(RELEASES[-2:])


def test_the_command_says_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "tools.releases", "measure", "torch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no releases of 'torch' are known; there are those of: jax, autograd, numpy")


def test_the_command_in_a_summary_is_the_one_that_goes_on():
    arguments = ["measure", "jax", "--since", "0.5.0", "--each", "series", "--rounds", "1", "--hours", "1.5"]
    assert _command(_parser().parse_args(arguments)) == " ".join(["python -m tools.releases", *arguments])
