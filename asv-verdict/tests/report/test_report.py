"""Reports: Markdown for people, JSON for programs, and the plots of the findings."""

import json
from pathlib import Path

import jsonschema
import pytest

from asv_verdict.model import Change, Outcome, State
from asv_verdict.records.report_file import schema, write_report
from asv_verdict.report.report import Report
from asv_verdict.system.load import busy_cores

SCHEMA = schema()
FILE = Path(__file__).parents[2] / "docs" / "report.schema.json"


def test_the_schema_on_file_is_that_of_the_types():
    """To renew it: python -m asv_verdict.records.report_file > asv-verdict/docs/report.schema.json."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == SCHEMA


def _written(suite):
    (path,) = (suite.root / ".asv/verdict/reports").glob("000002-*/report.json")
    return path


def test_the_report_of_a_night_follows_its_schema(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2, "track_equations.*2": 1.05}, failing={"kernels.Slow.time_call(10)"})
    suite.night()
    content = json.loads(_written(suite).read_text(), parse_constant=lambda name: 1 / 0)
    jsonschema.validate(content, SCHEMA)
    assert {change["effect"] for change in content["changes"]} == {"regression"}
    assert content["missing"]


def test_each_finding_has_a_plot_that_the_report_links(suite):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    path = _written(suite)
    (change,) = json.loads(path.read_text())["changes"]
    assert path.with_name(change["plot"]).read_bytes().startswith(b"\x89PNG")
    assert f"]({change['plot']})" in path.with_suffix(".md").read_text()


def test_a_count_that_was_zero_has_no_ratio(suite):
    suite.commit(values={"counts.Work.track_equations(2)": 0.0})
    suite.night()
    suite.commit()
    suite.night()
    content = json.loads(_written(suite).read_text(), parse_constant=lambda name: 1 / 0)
    jsonschema.validate(content, SCHEMA)
    assert {change["ratio"] for change in content["changes"]} == {None}


def test_text_from_commits_is_escaped(suite):
    suite.commit()
    suite.night()
    suite.commit("<script>x</script> | @you [a](b) `c`", {"Slow.*20": 1.2})
    text = suite.night().as_markdown()
    assert "<script>" not in text
    assert "@you" not in text
    assert all(line.replace("\\|", "").count("|") == 6 for line in text.splitlines() if line.startswith("| `"))


def test_markdown_has_the_words_of_the_glossary_and_json_its_identifiers():
    usual = ("b.time_x", "env", "previous", "regression", State.DISMISSED, 1.1, (1.0, 1.2), 0.02, 1.0, 1.1)
    changes = [Change(*usual), Change(*usual[:2], "reference", *usual[3:4], State.CONFIRMED, *usual[5:])]
    commits = {"head": "a" * 40, "previous": "b" * 40, "reference": "c" * 40}
    report = Report("nightly", "desk", Outcome(1, 1, changes), commits, started="2026-01-01T02:17:00", seconds=89.0)
    text = report.as_markdown()
    assert "- measured on desk, started 2026-01-01T02:17:00, took 89 seconds\n" in text
    for line in ("- head: `aaaaaaaa`", "- previous: `bbbbbbbb`", "- reference: `cccccccc`", "## Dismissed candidates"):
        assert line in text
    assert "`b.time_x` against the previous commit |" in text
    assert "`b.time_x` against the reference |" in text
    assert "| threshold | attribution |" in text
    content = json.loads(write_report(report.file))
    assert content["commits"] == commits
    assert [(change["baseline"], change["state"]) for change in content["changes"]] == [
        ("previous", "dismissed"),
        ("reference", "confirmed"),
    ]


def test_a_busy_machine_is_said_at_the_beginning(suite, monkeypatch):
    suite.commit()
    monkeypatch.setattr("asv_verdict.measure.session_runner.busy_cores", iter([0.1, 3.25]).__next__)
    report = suite.night()
    lines = report.as_markdown().splitlines()
    assert lines[0].startswith("pass: ")
    assert lines[2] == (
        "**The machine was busy**: other processes used up to 3.2 processor cores before or after 1 of 1 rounds."
    )
    assert report.file.background_load == ((0.1, 3.25),)
    monkeypatch.undo()


def test_a_process_is_background_load(monkeypatch):
    times = iter([(100, 0, 50, 9, 9, 0, 0, 0), (150, 0, 70, 99, 9, 0, 0, 0)])
    monkeypatch.setattr("pathlib.Path.read_text", lambda path: f"cpu  {' '.join(map(str, next(times)))}\ncpu0 1 2 3 4")
    monkeypatch.setattr("asv_verdict.system.load.os.sysconf", lambda name: 100)
    monkeypatch.setattr("asv_verdict.system.load.time.monotonic", iter([10.0, 10.35]).__next__)
    monkeypatch.setattr("asv_verdict.system.load.time.sleep", lambda seconds: None)
    assert busy_cores() == 2.0


def test_the_interval_of_one_round_is_unknown():
    usual = ("b.time_x", "env", "previous", "regression", State.INCONCLUSIVE, 1.1, (1.0, 1.2))
    changes = [Change(*usual, 0.02, 1.0, 1.1, rounds=1), Change(*usual, 0.02, 1.0, 1.1, base="c", rounds=8)]
    text = Report("nightly", "desk", Outcome(1, 1, changes), {"head": "a" * 40}).as_markdown()
    assert text.count("| unknown after one round |") == text.count("| 1.000 to 1.200 |") == 1


def test_the_rest_of_a_change_is_said_to_be_one():
    usual = ("b.time_x", "env", "reference", "improvement", State.CONFIRMED, 0.197, (0.194, 0.201), 0.02, 1.0, 1.02)
    text = Report("nightly", "desk", Outcome(1, 1, [Change(*usual, explained=5.15)]), {"head": "a" * 40}).as_markdown()
    assert "`b.time_x` against the reference, on top of an earlier change × 5.150 |" in text


@pytest.mark.parametrize(
    ("rounds", "threshold", "interval", "known"),
    [
        (0, 0.02, (1.05, 1.05), False),
        (1, 0.02, (1.0, 1.1), False),
        (0, 0.02, (1.0, 1.1), True),
        (8, 0.02, (1.0, 1.1), True),
        (1, 0.0, (2.0, 2.0), True),
    ],
    ids=["a level shift", "one round", "version 0.1", "eight rounds", "a count"],
)
def test_an_interval_is_shown_only_if_rounds_support_it(rounds, threshold, interval, known):
    state = State.INCONCLUSIVE
    change = Change(
        "b.time_x", "env", "history", "regression", state, 1.05, interval, threshold, 1.0, 1.05, rounds=rounds
    )
    text = Report(
        kind="nightly", machine="desk", outcome=Outcome(1, 1, [change]), commits={"head": "a" * 40}
    ).as_markdown()
    assert (f"{interval[0]:.3f} to {interval[1]:.3f}" in text) is known
    assert ("| unknown" in text) is not known
