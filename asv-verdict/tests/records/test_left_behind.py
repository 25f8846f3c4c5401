"""What failed writes, killed runs and other tools leave: a night names it, and loses nothing."""

import os
import subprocess

import pytest

from asv_verdict.asv_io.merge import keep
from asv_verdict.model import Verdict
from reading_reports import first_line
from synthetic_results import ENVIRONMENT


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_a_night_whose_numbers_are_not_kept_is_broken_and_measures_again(suite, monkeypatch, error):
    suite.commit()
    suite.night()
    head = suite.commit()
    replace = os.replace

    def refused(source, target):
        if ".asv/results" in str(target):
            raise error
        replace(source, target)

    monkeypatch.setattr("asv_verdict.system.files.os.replace", refused)
    report = suite.night()
    assert first_line(report) == "broken: 16 of 16 expected cells measured"
    assert any("were not stored" in sentence and error.strerror in sentence for sentence in report.outcome.missing)
    monkeypatch.undo()
    assert suite.night().outcome.verdict is Verdict.PASS
    assert list((suite.root / ".asv/results/desk").glob(f"{head[:8]}-*.json"))


def test_a_damaged_result_of_the_head_is_broken_and_stays_as_it_is(suite):
    suite.commit()
    suite.night()
    head = suite.commit()
    path = suite.root / ".asv/results/desk" / f"{head[:8]}-{ENVIRONMENT}.json"
    path.write_text("{")
    assert suite.night().outcome.verdict is Verdict.BROKEN
    assert path.read_text() == "{"


def _ended():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    "place", ["results/desk", "verdict", "noise/desk", "verdict/manifest", "verdict/reports/1-0123abcd"]
)
def test_drafts_of_killed_runs_are_removed_and_those_of_running_ones_stay(suite, place):
    folder = suite.root / ".asv" / place
    folder.mkdir(parents=True, exist_ok=True)
    left, used = folder / f".x.json.{_ended()}.draft", folder / f".x.json.{os.getpid()}.draft"
    others = folder / ".notes.draft"
    for path in (left, used, others):
        path.write_text("{")
    suite.commit()
    suite.night()
    assert (left.exists(), used.exists(), others.exists()) == (False, True, True)


def test_deeply_nested_files_are_reported_and_stay_as_they_are(suite):
    suite.commit()
    suite.night()
    brackets = "[" * 100_000
    folder = suite.project.folder / "reports" / "000001-0123abcd"
    folder.mkdir()
    (folder / "report.json").write_text(brackets)
    new = suite.commit()
    result = suite.root / ".asv/results/desk" / f"{new[:8]}-{ENVIRONMENT}.json"
    (suite.root / "new/desk").mkdir(parents=True)
    (suite.root / "new/desk" / result.name).write_text(brackets)
    (sentence,) = keep(suite.root / "new", suite.root / ".asv/results")
    assert "cannot store" in sentence
    assert not result.exists()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert any("000001-0123abcd cannot be read" in problem for problem in report.outcome.problems)
    (suite.root / "asv_verdict_accepted.toml").write_text(f"accepted = {brackets}")
    suite.commit()
    assert any("no change counts as accepted" in problem for problem in suite.night().outcome.problems)
